//! Reading every customer: what goes together, what is due, what is kept, and what nobody has to wait for.

mod batch;
