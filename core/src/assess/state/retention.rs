//! Retention clocks: orders, re-authorisation, holds, erasure.
