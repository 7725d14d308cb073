//! Operations as Microsoft's tables name them: a method and a path with `{id}` where any key may stand.

use crate::call::Call;

/// One operation of one version.
pub struct Template {
    version: &'static str,
    method: &'static str,
    pieces: Vec<&'static str>,
}

impl Template {
    /// Reads `GET /groups/{id}`.
    pub fn read(version: &'static str, operation: &'static str) -> Option<Self> {
        let (method, path) = operation.split_once(' ')?;
        let pieces = path.split('/').filter(|p| !p.is_empty()).flat_map(|p| match p.find('(') {
            Some(at) => vec![&p[..at], &p[at..]],
            None => vec![p],
        });
        Some(Self { version, method, pieces: pieces.collect() })
    }

    /// Whether a call is this operation; a cast at the end of its path does not matter.
    pub fn fits(&self, call: &Call) -> bool {
        let path: Vec<&str> =
            call.segments.iter().map(String::as_str).filter(|s| !s.starts_with("microsoft.graph.")).collect();
        let Some((version, rest)) = path.split_first() else { return false };
        self.version == *version
            && self.method == call.method
            && self.pieces.len() == rest.len()
            && self.pieces.iter().zip(rest).all(|(wanted, piece)| alike(wanted, piece))
    }

    /// How many of its pieces are words and not places for a key.
    pub fn words(&self) -> usize {
        self.pieces.iter().filter(|p| !p.starts_with('{')).count()
    }
}

/// Of those that fit a call, the ones that name most of it: `/groups/delta` is no group's id.
pub fn nearest<'a, T>(rows: &'a [T], call: &Call, of: impl Fn(&T) -> &Template) -> Vec<&'a T> {
    let fitting: Vec<&T> = rows.iter().filter(|r| of(r).fits(call)).collect();
    let most = fitting.iter().map(|r| of(r).words()).max();
    fitting.into_iter().filter(|r| Some(of(r).words()) == most).collect()
}

/// `{id}` takes anything; of a bracketed function the argument's name is compared.
fn alike(template: &str, piece: &str) -> bool {
    if template.starts_with('(') && piece.starts_with('(') {
        let name = |t: &str| t.split('=').next().unwrap_or("").to_owned();
        return name(template) == name(piece);
    }
    template.starts_with('{') || template == piece
}
