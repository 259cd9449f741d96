//! Protobuf's wire format under the strict rules of the split.
