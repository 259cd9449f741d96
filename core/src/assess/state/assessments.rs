//! Impact assessments: what they cover and until when (PIPL 55, 56).
