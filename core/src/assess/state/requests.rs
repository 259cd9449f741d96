//! Rights requests and complaints, with their clocks.
