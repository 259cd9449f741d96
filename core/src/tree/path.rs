//! The way from a complete subtree up to the root, which building and checking a proof share.

use super::NodeId;

/// The subtree beside the path at one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sibling {
    /// Named as if complete; on the right edge of the tree it may not be.
    pub(super) node: NodeId,
    /// Whether it stands left of the path. A left sibling is always complete.
    pub(super) is_left: bool,
}

/// The siblings met from `from` up to the root of a tree of `size` leaves, lowest first
/// (RFC 6962 §2.1.1). `from` must be complete in that tree. At most 63.
pub(super) fn siblings(from: NodeId, size: u64) -> impl Iterator<Item = Sibling> {
    let last = size.saturating_sub(1);
    (from.level..64)
        .take_while(move |level| last >> level > 0)
        .filter_map(move |level| {
            let index = from.index >> (level - from.level);
            if index & 1 == 1 {
                Some(Sibling {
                    node: NodeId {
                        level,
                        index: index - 1,
                    },
                    is_left: true,
                })
            } else if index < last >> level {
                Some(Sibling {
                    node: NodeId {
                        level,
                        index: index + 1,
                    },
                    is_left: false,
                })
            } else {
                // The right edge has no sibling at this level: the node stands for itself one up.
                None
            }
        })
}

/// Where a consistency proof starts: the last complete subtree of the older tree's peaks, and
/// whether the proof spells it out. It doesn't where it is the whole older tree, whose root the
/// verifier holds (RFC 6962 §2.1.2). `old` must not be 0.
pub(super) fn consistency_start(old: u64) -> (NodeId, bool) {
    let level = u8::try_from(old.trailing_zeros().min(63)).unwrap_or(63);
    let index = (old >> level).saturating_sub(1);
    (NodeId { level, index }, index > 0)
}
