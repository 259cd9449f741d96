//! The events, compiled from proto/custodia/v1, and what their options say.
