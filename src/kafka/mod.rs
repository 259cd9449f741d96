//! The only place that names rdkafka: consumer, producer, topic facts, mock cluster.
