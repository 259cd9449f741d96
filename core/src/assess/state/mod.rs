//! State as folds over timelines and the register: consents, permissions, requests, retention, recipients.
