//! Which partition a key belongs to, as Kafka's Java clients compute it (design §3.1).

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;
const SHIFT: u32 = 24;

/// The partition of `key` in a topic of `partitions` partitions: murmur2 of the key, its sign bit
/// cleared, modulo the count. `None` for a topic without partitions.
pub fn partition_of(key: &[u8], partitions: u32) -> Option<u32> {
    (murmur2(key) & 0x7fff_ffff).checked_rem(partitions)
}

/// Murmur2 as in Kafka's Java clients (`org.apache.kafka.common.utils.Utils.murmur2`).
fn murmur2(data: &[u8]) -> u32 {
    // Kafka hashes the length as a 32-bit number; keys are far below 4 GiB.
    let mut hash = SEED ^ u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        k ^= k >> SHIFT;
        hash = hash.wrapping_mul(MULTIPLIER) ^ k.wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        for (at, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * at);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of Apache Kafka's own test of its function (`UtilsTest.testMurmur2`).
    const KNOWN: [(&str, i32); 5] = [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        (
            "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
            -58_897_971,
        ),
    ];

    #[test]
    fn hashes_are_those_of_javas_clients() {
        for (key, hash) in KNOWN {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn a_key_has_one_place_and_a_topic_without_partitions_none() {
        assert_eq!(
            partition_of(b"21", 4),
            Some(((-973_932_308_i32).cast_unsigned() & 0x7fff_ffff) % 4)
        );
        assert_eq!(partition_of(b"21", 0), None);
    }
}
