//! How every store is set up, and why.

use rocksdb::{
    BlockBasedOptions, Cache, ChecksumType, DBCompactionStyle, DBCompressionType, DBRecoveryMode,
    LogLevel, Options,
};

use super::family::Content;

/// Settings that the crate has no method for, in `RocksDB`'s own notation: every new table is read
/// back; each key carries a checksum in memtables (8 bytes) and cached blocks (1 byte); and after
/// a failed sync `RocksDB` must not resume by itself, since the system may have marked the lost
/// pages clean.
const BY_NAME: &str = "paranoid_file_checks=true;memtable_protection_bytes_per_key=8;\
                       block_protection_bytes_per_key=1;max_bgerror_resume_count=0";

/// Open tables a store keeps: 64 stores stay below the usual limits on open files.
const OPEN_TABLES: i32 = 128;
/// Files that a store may have open: its tables, and its write-ahead log, manifest, own log, lock
/// and folder, with those that replace them for a moment.
pub const OPEN_FILES: u64 = OPEN_TABLES.unsigned_abs() as u64 + 16;
/// `RocksDB`'s own log, which nobody reads until something breaks.
const INFO_LOG_BYTES: usize = 4 << 20;
const INFO_LOGS: usize = 2;

/// What holds for a whole store. `share_bytes` is its part of the memory for memtables.
///
/// # Panics
/// Where `RocksDB` doesn't know a setting of [`BY_NAME`]; a test opens a store with them.
pub(super) fn database(share_bytes: usize, threads: usize) -> Options {
    let mut options = Options::default()
        .get_options_from_string(BY_NAME)
        .expect("settings named as the RocksDB in this build names them");
    set_write_ahead_log(&mut options, share_bytes);
    set_background(&mut options, threads);
    options.set_max_open_files(OPEN_TABLES);
    options.set_table_cache_num_shard_bits(2);
    options.set_log_level(LogLevel::Warn);
    options.set_max_log_file_size(INFO_LOG_BYTES);
    options.set_keep_log_file_num(INFO_LOGS);
    // Statistics are taken when asked for, not dumped by a timer in each of 64 stores.
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// A synced batch is on disk, whole and in order, or the store doesn't open.
fn set_write_ahead_log(options: &mut Options, share_bytes: usize) {
    options.set_paranoid_checks(true);
    // The default mode silently drops synced batches behind a bad checksum; this one refuses to
    // open there, and still takes the torn tail that a power cut leaves.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    // Else a newer log file may reach the disk before an older one.
    options.set_wal_bytes_per_sync(0);
    options.set_recycle_log_file_num(0);
    options.set_manual_wal_flush(false);
    options.set_use_fsync(false);
    // Bounds what an idle family keeps in memory and what is replayed on opening.
    options.set_max_total_wal_size(share_bytes as u64);
}

fn set_background(options: &mut Options, threads: usize) {
    const MIB: u64 = 1 << 20;
    let jobs = i32::try_from(threads).unwrap_or(i32::MAX);
    options.set_max_background_jobs(jobs);
    options.set_max_subcompactions(1);
    options.set_bytes_per_sync(MIB);
}

/// What holds for one family.
pub(super) fn family(
    database: &Options,
    content: Content,
    cache: &Cache,
    share_bytes: usize,
) -> Options {
    let mut options = database.clone();
    set_memtables(&mut options, share_bytes);
    set_levels(&mut options);
    set_compression(&mut options, content);
    set_blocks(&mut options, content, cache);
    options
}

/// For reading every block from disk once: no part in the cache.
pub(super) fn uncached(mut database: Options) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.disable_cache();
    database.set_block_based_table_factory(&blocks);
    database
}

fn set_memtables(options: &mut Options, share_bytes: usize) {
    // A family that is hardly written to costs this much, times families, times stores.
    const ARENA_BLOCK_BYTES: usize = 64 << 10;
    options.set_write_buffer_size(share_bytes / 2);
    options.set_max_write_buffer_number(3);
    options.set_arena_block_size(ARENA_BLOCK_BYTES);
}

/// Levels: with ascending keys a compaction moves files instead of rewriting them. Writers slow
/// down and then wait where compaction can't follow; on two cores a debt would not be paid later.
fn set_levels(options: &mut Options) {
    const MIB: u64 = 1 << 20;
    options.set_compaction_style(DBCompactionStyle::Level);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_target_file_size_base(64 * MIB);
    options.set_max_bytes_for_level_base(256 * MIB);
    options.set_level_zero_file_num_compaction_trigger(4);
    options.set_level_zero_slowdown_writes_trigger(20);
    options.set_level_zero_stop_writes_trigger(36);
}

fn set_compression(options: &mut Options, content: Content) {
    let (upper, bottom) = match content {
        Content::Ascending | Content::Hashed => (DBCompressionType::None, DBCompressionType::None),
        Content::Clear => (DBCompressionType::Lz4, DBCompressionType::Zstd),
    };
    options.set_compression_type(upper);
    options.set_bottommost_compression_type(bottom);
}

fn set_blocks(options: &mut Options, content: Content, cache: &Cache) {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_checksum_type(ChecksumType::XXH3);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    match content {
        Content::Ascending => blocks.set_block_size(16 << 10),
        Content::Clear => blocks.set_block_size(8 << 10),
        Content::Hashed => {
            blocks.set_block_size(4 << 10);
            blocks.set_bloom_filter(10.0, false);
            blocks.set_whole_key_filtering(true);
        }
    }
    options.set_block_based_table_factory(&blocks);
}
