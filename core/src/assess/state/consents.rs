//! Consents of a person: the notice shown before, strength, scope, form, withdrawal, renewal.
