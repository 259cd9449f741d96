//! Recipients: agreement, confidentiality, country, assessment, allowed purposes and categories.
