//! Opt-outs from commercial messages, by channel.
