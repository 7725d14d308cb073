//! What a person approved besides the plan: the facts that decide which values are written. A run goes by them to its
//! end, whatever is answered meanwhile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::onboarding::facts::{Administrator, Analysts, Answer, Facts};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    provider_name: String,
    analysts: Option<Analysts>,
    answers: BTreeMap<String, Answer>,
    administrator: Option<Administrator>,
}

impl Frozen {
    pub fn of(facts: &Facts) -> Self {
        Self {
            provider_name: facts.provider_name.clone(),
            analysts: facts.analysts.clone(),
            answers: facts.answers.clone(),
            administrator: facts.administrator.clone(),
        }
    }

    /// The present facts, with what was approved in the place of what is answered now.
    pub fn over(&self, present: Facts) -> Facts {
        Facts {
            provider_name: self.provider_name.clone(),
            analysts: self.analysts.clone(),
            answers: self.answers.clone(),
            administrator: self.administrator.clone(),
            ..present
        }
    }
}
