//! Incidents: known, graded, contained, told, closed.
