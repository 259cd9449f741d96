//! Answers that leave the house as signed files.
