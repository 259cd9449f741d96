//! Authority requests: document, reviewers, scope, gag.
