//! `Scope`: the proof of who may act, for which provider, over which customers.
//!
//! It has private fields and five doors (session, sign-in, claimed work, command line, a consent link's state), and it
//! is the only way to a transaction on provider-owned tables.

use std::ops::{Deref, DerefMut};

use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use crate::kit::audit::{self, Event};
use crate::kit::clock::Clock;
use crate::kit::crash::{self, Point, When};
use crate::kit::db::Db;
use crate::kit::ids::{CustomerId, PersonId, ProviderId};
use crate::kit::planted::{self, Bug};
use crate::kit::right::{Right, Role, Roles};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Person {
        id: PersonId,
        name: String,
    },
    /// Somebody an authority vouched for who is not (yet) a person here.
    Stranger {
        name: String,
    },
    /// Background work of this kind.
    Work(&'static str),
    CommandLine,
    /// Whoever at a customer opened a link of ours: nobody here.
    CustomersBrowser,
}

impl Actor {
    /// What acted: a name alone would not tell, since a person may be called anything.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person { .. } => "person",
            Self::Stranger { .. } => "stranger",
            Self::Work(_) => "work",
            Self::CommandLine => "command-line",
            Self::CustomersBrowser => "browser",
        }
    }

    /// As the audit log names it.
    pub fn name(&self) -> String {
        match self {
            Self::Person { name, .. } | Self::Stranger { name } => name.clone(),
            Self::Work(kind) => format!("work:{kind}"),
            Self::CommandLine => "command line".to_owned(),
            Self::CustomersBrowser => "customer's browser".to_owned(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Scope {
    provider: ProviderId,
    /// What row security is told. Equal to `provider`, except where a test knocks out the application's filter.
    wall: ProviderId,
    actor: Actor,
    roles: Roles,
    sees_all: bool,
}

impl Scope {
    /// First and second door: a session, or a sign-in, that `kit::session` / `sign_in` has verified.
    pub(crate) fn of_person(
        provider: ProviderId,
        id: PersonId,
        name: String,
        roles: Roles,
        sees_all: bool,
    ) -> Self {
        Self { provider, wall: provider, actor: Actor::Person { id, name }, roles, sees_all }
    }

    /// Before a sign-in is decided: sees no customer, has no right.
    pub(crate) fn of_stranger(provider: ProviderId, name: String) -> Self {
        let actor = Actor::Stranger { name };
        Self { provider, wall: provider, actor, roles: Roles::default(), sees_all: false }
    }

    /// Third door: work that was claimed under a lease.
    pub(crate) fn of_work(provider: ProviderId, kind: &'static str) -> Self {
        Self { provider, wall: provider, actor: Actor::Work(kind), roles: Roles::default(), sees_all: true }
    }

    /// Fourth door: `--provider` on the command line, where the caller already holds the database's password.
    pub fn of_command_line(provider: ProviderId) -> Self {
        let roles = Roles::new(Role::ALL);
        Self { provider, wall: provider, actor: Actor::CommandLine, roles, sees_all: true }
    }

    /// Fifth door: the state of a consent link that `door_consent` knew. No right, no customer in view; only what the
    /// browser came back with is noted by it.
    pub(crate) fn of_consent_link(provider: ProviderId) -> Self {
        let (actor, roles) = (Actor::CustomersBrowser, Roles::default());
        Self { provider, wall: provider, actor, roles, sees_all: false }
    }

    /// Tests only: the application's filter asks for `other`'s rows while row security still knows the real provider.
    #[cfg(feature = "one-wall")]
    pub fn with_filter_of(mut self, other: ProviderId) -> Self {
        self.provider = other;
        self
    }

    /// The provider that every query names.
    pub fn provider(&self) -> ProviderId {
        self.provider
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn person(&self) -> Option<PersonId> {
        match &self.actor {
            Actor::Person { id, .. } => Some(*id),
            Actor::Stranger { .. } | Actor::Work(_) | Actor::CommandLine | Actor::CustomersBrowser => None,
        }
    }

    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    pub fn may(&self, right: Right) -> bool {
        self.roles.may(right)
    }

    /// The person whose list of customers limits this view; `None` sees all of the provider's customers.
    ///
    /// Queries say: `and ($n::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
    /// and v.person_id = $n and v.customer_id = c.customer_id))`.
    pub fn limited_to(&self) -> Option<PersonId> {
        if self.sees_all { None } else { self.person().or(Some(PersonId(uuid::Uuid::nil()))) }
    }

    /// Opens a transaction in which row security shows this provider's rows only. Begin and setting are one round trip.
    pub async fn begin(&self, db: &Db) -> Result<Tx, sqlx::Error> {
        // The id is a uuid, so the text is safe.
        let begin = format!("begin; select set_config('portal.provider_id', '{}', true)", self.wall);
        let pool = db.pool().clone();
        // On its own task, to its end: sqlx 0.9 rolls nothing back when a `begin` is broken off, and the next user of
        // that connection would find it inside this provider's transaction.
        #[expect(clippy::disallowed_methods, reason = "the one place that begins a transaction")]
        let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(begin)).await });
        let inner = begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??;
        Ok(Tx {
            inner,
            scope: self.clone(),
            #[cfg(feature = "one-wall")]
            _seen: witness::Seen::one(),
        })
    }
}

/// An open transaction of one scope. Dropped without commit, it rolls back.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    scope: Scope,
    #[cfg(feature = "one-wall")]
    _seen: witness::Seen,
}

/// Tests only: in a request, the other provider whose rows the application's filter asks for.
#[cfg(feature = "one-wall")]
#[derive(Clone, Copy, Debug)]
pub struct Crossed(pub ProviderId);

/// Tests only: how many transactions are open on this thread, so that a test can tell whether what it breaks off was
/// inside one.
#[cfg(feature = "one-wall")]
pub mod witness {
    use std::cell::Cell;

    thread_local! {
        static OPEN: Cell<i64> = const { Cell::new(0) };
    }

    pub fn open() -> i64 {
        OPEN.get()
    }

    pub(super) struct Seen(());

    impl Seen {
        pub(super) fn one() -> Self {
            OPEN.set(OPEN.get() + 1);
            Self(())
        }
    }

    impl Drop for Seen {
        fn drop(&mut self) {
            OPEN.set(OPEN.get() - 1);
        }
    }
}

impl Tx {
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Writes the audit event as the last statement, then commits. No audit, no action.
    pub async fn commit(mut self, clock: &Clock, event: Event) -> Result<(), sqlx::Error> {
        let what = event.action();
        if !(planted::has(Bug::AuditLost) && what == "step.applied") {
            audit::append(&mut self, clock, event).await?;
        }
        self.end(what).await
    }

    /// Commits several events that belong to one act.
    pub async fn commit_all(mut self, clock: &Clock, events: Vec<Event>) -> Result<(), sqlx::Error> {
        let what = events.first().map_or("nothing", Event::action);
        for event in events {
            audit::append(&mut self, clock, event).await?;
        }
        self.end(what).await
    }

    /// Commits what is nobody's act: bookkeeping of the portal itself. The reason is for the reader of the code.
    pub async fn commit_bookkeeping(self, reason: &'static str) -> Result<(), sqlx::Error> {
        self.end(reason).await
    }

    async fn end(self, what: &'static str) -> Result<(), sqlx::Error> {
        crash::point(|| Point::Commit { when: When::Before, what }).await;
        self.inner.commit().await?;
        crash::point(|| Point::Commit { when: When::After, what }).await;
        Ok(())
    }
}

impl Deref for Tx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// Is this customer in the scope's view? Missing, foreign and out of view are the same `false`.
pub async fn in_view(tx: &mut Tx, customer: CustomerId) -> Result<bool, sqlx::Error> {
    let (provider, viewer) = (tx.scope.provider(), tx.scope.limited_to());
    let found = sqlx::query_scalar!(
        r#"select 1 as "one!" from customer c
            where c.provider_id = $1 and c.customer_id = $2
              and ($3::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $3 and v.customer_id = c.customer_id))"#,
        provider.0,
        customer.0,
        viewer.map(|person| person.0),
    )
    .fetch_optional(&mut *tx.inner)
    .await?;
    Ok(found.is_some())
}
