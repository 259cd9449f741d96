//! The free-space floor: a full `RocksDB` can't be opened again, so appending stops before.

use std::path::PathBuf;

use crate::metrics::Metrics;

/// The folder whose disk must keep so many bytes free.
#[derive(Debug, Clone)]
pub struct DiskFloor {
    path: PathBuf,
    floor_bytes: u64,
}

impl DiskFloor {
    /// A floor of `floor_bytes` under the disk of `path`.
    pub fn new(path: PathBuf, floor_bytes: u64) -> Self {
        Self { path, floor_bytes }
    }

    /// Whether there is room to append; a disk that can't be asked counts as having room, since
    /// the write itself will then say what is wrong.
    pub fn has_room(&self, metrics: &Metrics) -> bool {
        let Ok(disk) = rustix::fs::statvfs(&self.path) else {
            return true;
        };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        metrics
            .disk_free
            .set(i64::try_from(free).unwrap_or(i64::MAX));
        let has_room = free >= self.floor_bytes;
        metrics.disk_low.set(i64::from(!has_room));
        has_room
    }
}
