//! Onboarding: the engine that brings a customer's tenant to what the blueprint wants: observe, plan, approve, apply.

pub mod blueprint;
pub mod facts;
pub mod observation;
pub mod plan;
pub mod policy;
pub mod step;
pub mod wanted;
