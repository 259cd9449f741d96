//! Kafka: the only place that names rdkafka.
//!
//! Owns the clients' settings (the laws' own are fixed, the others are the user's), the facts a
//! generation fixes ([`facts`]), reading assigned partitions from a position of ours ([`reader`]),
//! bounded reading again ([`replay`]), writing ([`writer`]) and the in-process mock cluster
//! ([`mock`]). Never decodes a record, never skips one, and never lets a committed offset, a group
//! or a reset policy decide where reading goes on (design 5).

pub mod error;
pub mod facts;
mod marks;
pub mod mock;
mod raw;
pub mod reader;
pub mod replay;
pub mod settings;
mod wait;
mod watch;
pub mod writer;

pub use error::Error;
pub use facts::{TopicFacts, TopicSpec, create_topics, topic_facts};
pub use marks::watermarks;
pub use mock::MockCluster;
pub use reader::{Assignment, Consumer, Fetched, PartitionReader, Position};
pub use replay::read_range;
pub use settings::Settings;
pub use wait::wait_for;
pub use writer::{Delivery, Outgoing, Pending, Writer};

#[cfg(test)]
mod tests;
