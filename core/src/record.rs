//! A Kafka record as the log sees it: key, value, headers, offset and timestamp.
