//! What must hold before the first record is read (design §3.1, §5).

use super::Error;
use crate::kafka::TopicFacts;
use crate::log::{Generation, State};

/// Where reading starts: at the last leaf where Kafka still has it, so that it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The first offset to read.
    pub offset: u64,
    /// The leader epoch that came with the last leaf.
    pub leader_epoch: Option<i32>,
}

/// Where to start reading a log, once its topic's facts and watermarks fit it.
///
/// # Errors
/// [`Error::Log`] for facts that differ, [`Error::RetentionOvertook`], [`Error::Truncated`].
pub fn start_of(
    origin: &str,
    generation: &Generation,
    state: &State,
    facts: &TopicFacts,
    (low, high): (u64, u64),
) -> Result<Start, Error> {
    generation.check(
        origin,
        &facts.cluster_id,
        facts.topic_id.as_deref(),
        facts.partitions,
    )?;
    let next_offset = state.position.next_offset;
    let origin = || origin.to_owned();
    if low > next_offset {
        let missing = low - next_offset;
        return Err(Error::RetentionOvertook {
            origin: origin(),
            next_offset,
            low,
            missing,
        });
    }
    if high < next_offset {
        return Err(Error::Truncated {
            origin: origin(),
            next_offset,
            high,
        });
    }
    let compared = state.position.last_offset.filter(|last| *last >= low);
    let leader_epoch = state.position.leader_epoch;
    Ok(Start {
        offset: compared.unwrap_or(next_offset),
        leader_epoch,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Position;

    fn facts() -> TopicFacts {
        TopicFacts {
            topic: "t".into(),
            topic_id: Some("id".into()),
            cluster_id: "c".into(),
            partitions: 4,
            cleanup_policy: Some("delete".into()),
            timestamp_type: Some("LogAppendTime".into()),
            retention_ms: None,
            segment_ms: None,
            max_message_bytes: None,
        }
    }

    fn start(next: u64, last: Option<u64>, marks: (u64, u64)) -> Result<Start, Error> {
        let generation = Generation::new("c".into(), Some("id".into()), 4, 0);
        let mut state = State::empty(0);
        state.position = Position {
            next_offset: next,
            last_offset: last,
            leader_epoch: Some(3),
        };
        start_of("o", &generation, &state, &facts(), marks)
    }

    #[test]
    fn reading_starts_at_the_last_leaf() {
        assert_eq!(
            start(9, Some(7), (0, 9)).unwrap(),
            Start {
                offset: 7,
                leader_epoch: Some(3)
            }
        );
    }

    #[test]
    fn reading_starts_at_the_position_where_the_last_leaf_is_gone_from_kafka() {
        assert_eq!(start(9, Some(7), (8, 20)).unwrap().offset, 9);
        assert_eq!(start(0, None, (0, 0)).unwrap().offset, 0);
    }

    #[test]
    fn retention_that_overtook_the_log_is_refused() {
        let error = start(9, Some(8), (10, 20)).unwrap_err();
        assert_eq!(error.code(), "CU-0152");
        assert!(error.to_string().contains("1 offsets are lost"), "{error}");
    }

    #[test]
    fn a_partition_that_ends_before_the_log_is_refused() {
        assert_eq!(start(9, Some(8), (0, 8)).unwrap_err().code(), "CU-0153");
    }
}
