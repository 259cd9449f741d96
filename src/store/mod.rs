//! The only place that names rocksdb: settings, batches, snapshots.
