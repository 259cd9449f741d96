//! Kafka to records: one thread a partition fills batches for its log.
