//! Every metric's name and meaning. The registry is passed in; there is no global one.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use custodia_core::assess::Outcome;
use custodia_core::origin::Origin;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// Which log a number is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LogLabel {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The generation.
    pub generation: u32,
}

impl From<&Origin> for LogLabel {
    fn from(origin: &Origin) -> Self {
        Self {
            topic: origin.topic.clone(),
            partition: origin.partition,
            generation: origin.generation,
        }
    }
}

/// Which log, and what was said of its records.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct VerdictLabel {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// `accepted`, `duplicate`, or a quarantine's reason.
    pub verdict: String,
}

/// Which rule, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FindingLabel {
    /// `R01` to `R44`; `R00` for what could not be judged.
    pub rule: String,
    /// `VIOLATION`, `OVERDUE`, `WARN` or `UNKNOWN`.
    pub result: String,
}

type Counters = Family<LogLabel, Counter>;
type Gauges = Family<LogLabel, Gauge>;
type Seconds = Family<LogLabel, Gauge<f64, AtomicU64>>;
type Histograms = Family<LogLabel, Histogram, fn() -> Histogram>;

/// The numbers that this process shows on `/metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Records that became leaves.
    pub appended: Counters,
    /// Records below the position that were found to be the leaves they were.
    pub compared: Counters,
    /// Leaves a log has.
    pub tree_size: Gauges,
    /// The first offset not yet appended.
    pub next_offset: Gauges,
    /// The partition's last stable offset, as last asked.
    pub high_watermark: Gauges,
    /// Records between the log's position and the last stable offset.
    pub lag: Gauges,
    /// Records a batch.
    pub batch_records: Histograms,
    /// How long the synced write of a batch took: commitment, sealing and fsync together.
    pub append_seconds: Histograms,
    /// Checkpoints signed.
    pub checkpoints: Counters,
    /// Unix time of the last checkpoint's signing.
    pub checkpoint_time: Seconds,
    /// Leaves whose rows and verdicts are on disk.
    pub projected_size: Gauges,
    /// Verdicts by kind and reason.
    pub verdicts: Family<VerdictLabel, Counter>,
    /// Findings that stand, by rule and result; counted every 10 seconds.
    pub findings: Family<FindingLabel, Gauge>,
    /// Leaves that findings don't cover yet.
    pub findings_lag: Gauge,
    /// 1 once findings are no longer kept up; the log says why.
    pub findings_stopped: Gauge,
    /// Orders of erasure carried out.
    pub erasures_applied: Counter,
    /// Orders of erasure that were not carried out, since nobody who may had approved them; the log says why.
    pub erasures_refused: Counter,
    /// 1 while bytes of something that was erased may still be on disk, sealed under destroyed keys.
    pub erasures_on_disk: Gauge,
    /// Free bytes on the data folder's disk.
    pub disk_free: Gauge,
    /// 1 while appending stands still because the disk is nearly full.
    pub disk_low: Gauge,
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

fn counts() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 4.0, 9))
}

impl Metrics {
    /// The metrics, registered in `registry` under the prefix `custodia`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            appended: Counters::default(),
            compared: Counters::default(),
            tree_size: Gauges::default(),
            next_offset: Gauges::default(),
            high_watermark: Gauges::default(),
            lag: Gauges::default(),
            batch_records: Histograms::new_with_constructor(counts),
            append_seconds: Histograms::new_with_constructor(seconds),
            checkpoints: Counters::default(),
            checkpoint_time: Seconds::default(),
            projected_size: Gauges::default(),
            verdicts: Family::default(),
            findings: Family::default(),
            findings_lag: Gauge::default(),
            findings_stopped: Gauge::default(),
            erasures_applied: Counter::default(),
            erasures_refused: Counter::default(),
            erasures_on_disk: Gauge::default(),
            disk_free: Gauge::default(),
            disk_low: Gauge::default(),
        };
        let registry = registry.sub_registry_with_prefix("custodia");
        metrics.register_ingest(registry);
        metrics.register_state(registry);
        metrics.register_findings(registry);
        let build = vec![("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The program's version", Info::new(build));
        metrics
    }

    fn register_ingest(&self, registry: &mut Registry) {
        let help = "Records that became leaves";
        registry.register("events_appended", help, self.appended.clone());
        let help = "Records below the position, found to be the leaves they were";
        registry.register("offsets_compared", help, self.compared.clone());
        let help = "The first offset not yet appended";
        registry.register("applied_offset", help, self.next_offset.clone());
        let help = "The partition's last stable offset";
        registry.register("high_watermark_offset", help, self.high_watermark.clone());
        let help = "Records between the log's position and the last stable offset";
        registry.register("consumer_lag_records", help, self.lag.clone());
        registry.register(
            "append_batch_size",
            "Records a batch",
            self.batch_records.clone(),
        );
        let help = "Time to commit, seal and sync a batch";
        let metric = self.append_seconds.clone();
        registry.register_with_unit("commit_duration", help, Unit::Seconds, metric);
    }

    fn register_findings(&self, registry: &mut Registry) {
        let help = "Findings that stand, by rule and result";
        registry.register("findings", help, self.findings.clone());
        let help = "Leaves that findings don't cover yet";
        registry.register("findings_lag_leaves", help, self.findings_lag.clone());
        let help = "1 once findings are no longer kept up";
        registry.register("findings_stopped", help, self.findings_stopped.clone());
        let help = "Orders of erasure carried out";
        registry.register("erasures_applied", help, self.erasures_applied.clone());
        let help = "Orders of erasure that were not approved, and not carried out";
        registry.register("erasures_refused", help, self.erasures_refused.clone());
        let help = "1 while bytes of something erased may still be on disk, under destroyed keys";
        registry.register("erasures_on_disk", help, self.erasures_on_disk.clone());
    }

    /// Shows how many findings stand, in the place of what was shown.
    pub fn show_findings(&self, counts: &BTreeMap<(u8, Outcome), u64>) {
        self.findings.clear();
        for ((rule, result), count) in counts {
            let label = FindingLabel {
                rule: format!("R{rule:02}"),
                result: result.name().to_owned(),
            };
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.findings.get_or_create(&label).set(count);
        }
    }

    fn register_state(&self, registry: &mut Registry) {
        registry.register("tree_size", "Leaves of a log", self.tree_size.clone());
        let help = "Leaves whose rows and verdicts are on disk";
        registry.register("projected_size", help, self.projected_size.clone());
        let help = "Verdicts by kind and reason";
        registry.register("verdicts", help, self.verdicts.clone());
        registry.register(
            "checkpoint_signed",
            "Checkpoints signed",
            self.checkpoints.clone(),
        );
        let help = "Unix time of the last checkpoint";
        registry.register(
            "checkpoint_last_timestamp",
            help,
            self.checkpoint_time.clone(),
        );
        let help = "Free bytes on the data folder's disk";
        registry.register_with_unit("disk_free", help, Unit::Bytes, self.disk_free.clone());
        let help = "1 while appending stands still because the disk is nearly full";
        registry.register("disk_low", help, self.disk_low.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_shown_under_its_documented_name() {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let origin: Origin = "ledger.example/custodia.events/3/1".parse().unwrap();
        metrics
            .appended
            .get_or_create(&LogLabel::from(&origin))
            .inc_by(7);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let line = "custodia_events_appended_total{topic=\"custodia.events\",partition=\"3\",generation=\"1\"} 7";
        assert!(text.contains(line), "{text}");
    }
}
