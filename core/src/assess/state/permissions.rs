//! Device permissions of a person: on or off at a moment.
