//! What is ours in the tenant and no longer in the blueprint: a tier that was dropped. Its people keep their access
//! until somebody ends it, so it is shown; the portal deletes nothing by itself.

use std::collections::BTreeMap;

use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::observation::SeenDefender;
use crate::onboarding::step::{Note, StepKey, StepKind};

#[derive(Default)]
struct Left {
    name: String,
    notes: Vec<Note>,
    about: Vec<String>,
}

impl Planner<'_> {
    pub(super) fn leftover(&mut self) {
        let wanted = self.blueprint().keys();
        let mut left: BTreeMap<String, Left> = BTreeMap::new();
        for (object, owned) in &self.facts().owned {
            let Ok(object) = object.parse::<StepKey>() else { continue };
            if object.of.is_empty() || wanted.contains(&object.of.as_str()) {
                continue;
            }
            let Some((name, note)) = self.still_there(object.kind, &owned.id) else { continue };
            let of = left.entry(object.of).or_default();
            if of.name.is_empty() || object.kind == StepKind::Group {
                of.name = name;
            }
            of.notes.push(note);
            of.about.push(owned.id.clone());
        }
        for (of, left) in left {
            let mut draft = Draft::new(key(StepKind::Leftover, &of), left.name);
            draft.notes = left.notes;
            draft.about = left.about;
            self.push_manual(draft, WhoseMove::Us);
        }
    }

    /// Its name and a sentence about it, if the last reading saw it.
    fn still_there(&self, kind: StepKind, id: &str) -> Option<(String, Note)> {
        let (note, name, many) = match kind {
            StepKind::Group => {
                let group = self.observation.group(id)?;
                ("left-group", group.name.clone(), group.members.len())
            }
            StepKind::Package => {
                let package = self.observation.package(id)?;
                ("left-package", package.name.clone(), package.held)
            }
            StepKind::DefenderRole => {
                let SeenDefender::Unified { roles, .. } = &self.observation.defender else { return None };
                let role = roles.iter().find(|role| role.id == id)?;
                ("left-role", role.name.clone(), role.groups.len())
            }
            _ => return None,
        };
        let note = Note::new(note, &[("name", &name), ("many", &many.to_string())]);
        Some((name, note))
    }
}
