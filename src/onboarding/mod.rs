//! Onboarding: the engine that brings a customer's tenant to what the blueprint wants: observe, plan, approve, apply.

pub mod apply;
pub mod blueprint;
pub mod facts;
pub mod frozen;
pub mod names;
pub mod observation;
pub mod observe;
mod pages;
pub mod plan;
pub mod policy;
pub mod progress;
pub mod replan;
pub mod standing;
pub mod step;
pub mod store;
pub mod wanted;
pub mod work;

pub use pages::{StepLine, open_steps, routes};
