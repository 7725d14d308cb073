//! The audit log as people read it, and the walk that proves nobody changed it. Events are appended by `kit::audit`.

pub mod verify;
