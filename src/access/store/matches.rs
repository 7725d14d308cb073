//! Who is who across customers: by the address inside our own organization, unless somebody said otherwise.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access::model::{Holding, Ours, match_of_account, match_of_mail};
use crate::customers::model::words;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Whose each of these accounts is; who is new is kept.
pub(super) async fn resolve(
    tx: &mut Tx,
    customer: CustomerId,
    held: &[Holding],
    ours: &Ours,
) -> Result<BTreeMap<String, Uuid>, sqlx::Error> {
    let provider = tx.scope().provider();
    let mut accounts: BTreeMap<String, Option<String>> = BTreeMap::new();
    for one in held {
        let mail = (ours.is(one) && !one.target_mail.is_empty()).then(|| one.target_mail.clone());
        accounts.insert(one.account(), mail);
    }
    if accounts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: Vec<String> = accounts.keys().cloned().collect();
    let said = sqlx::query!(
        "select account, match_id from person_match_account
          where provider_id = $1 and customer_id = $2 and account = any ($3)",
        provider.0,
        customer.0,
        &names
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: BTreeMap<String, Uuid> = said.into_iter().map(|row| (row.account, row.match_id)).collect();
    let mails: Vec<String> = accounts
        .iter()
        .filter(|(account, _)| !found.contains_key(*account))
        .filter_map(|(_, mail)| mail.clone())
        .collect();
    let mut by_mail = of_mails(tx, &mails).await?;
    let new: Vec<String> = mails.into_iter().filter(|mail| !by_mail.contains_key(mail)).collect();
    if !new.is_empty() {
        let ids: Vec<Uuid> = new.iter().map(|mail| match_of_mail(provider, mail)).collect();
        insert(tx, &ids, true).await?;
        sqlx::query!(
            "insert into person_match_mail (provider_id, mail, match_id)
             select $1, n.mail, n.match_id from unnest($2::text[], $3::uuid[]) as n (mail, match_id)
                 on conflict do nothing",
            provider.0,
            &new,
            &ids
        )
        .execute(&mut **tx)
        .await?;
        by_mail.extend(of_mails(tx, &new).await?);
    }
    let mut alone = Vec::new();
    for (account, mail) in accounts {
        if found.contains_key(&account) {
            continue;
        }
        let whose = mail.and_then(|mail| by_mail.get(&mail).copied()).unwrap_or_else(|| {
            let id = match_of_account(provider, customer, &account);
            alone.push(id);
            id
        });
        found.insert(account, whose);
    }
    insert(tx, &alone, false).await?;
    Ok(found)
}

async fn of_mails(tx: &mut Tx, mails: &[String]) -> Result<BTreeMap<String, Uuid>, sqlx::Error> {
    if mails.is_empty() {
        return Ok(BTreeMap::new());
    }
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select mail, match_id from person_match_mail where provider_id = $1 and mail = any ($2)",
        provider.0,
        mails
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.mail, row.match_id)).collect())
}

async fn insert(tx: &mut Tx, ids: &[Uuid], ours: bool) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let provider = tx.scope().provider();
    // In one order always, so that two readings at once wait for each other and never in a circle.
    let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    sqlx::query!(
        "insert into person_match (provider_id, match_id, ours)
         select $1, n.match_id, $3 from unnest($2::uuid[]) as n (match_id) on conflict do nothing",
        provider.0,
        &ids,
        ours
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Brings name, address, figures and search words of these people up to date; what is equal is not written. He is called
/// what most of his customers call him, and where as many call him otherwise, as before: no one customer's administrator
/// names him for all. Whoever else changes one of them waits, and counts anew after us.
pub(super) async fn refresh(tx: &mut Tx, matches: &BTreeSet<Uuid>) -> Result<(), sqlx::Error> {
    if matches.is_empty() {
        return Ok(());
    }
    let provider = tx.scope().provider();
    let ids: Vec<Uuid> = matches.iter().copied().collect();
    sqlx::query!(
        "select match_id from person_match where provider_id = $1 and match_id = any ($2)
          order by match_id for no key update",
        provider.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "update person_match m
            set customers = n.customers, held = n.held, next_end = n.next_end, name = n.name,
                sort_name = lower(n.name), mail = n.mail, ours = n.ours
           from (select p.match_id, coalesce(h.customers, 0) as customers, coalesce(h.held, 0) as held, h.next_end,
                        coalesce(l.name, p.name) as name, coalesce(l.target_mail, p.mail) as mail,
                        coalesce(l.ours, p.ours) as ours
                   from person_match p
                   left join lateral (
                     select count(distinct a.customer_id)::integer as customers, count(*)::integer as held,
                            min(a.ends_at) as next_end
                       from assignment a where a.provider_id = $1 and a.match_id = p.match_id and a.holds) h on true
                   left join lateral (
                     select s.name, s.target_mail, bool_or(s.ours) as ours
                       from (select coalesce(nullif(a.target_name, ''), nullif(a.target_mail, ''), a.target_oid) as name,
                                    a.target_mail, a.ours, a.holds, a.customer_id, a.first_seen_at
                               from assignment a where a.provider_id = $1 and a.match_id = p.match_id) s
                      group by s.name, s.target_mail
                      order by bool_or(s.holds) desc,
                               count(distinct s.customer_id) filter (where s.holds) desc,
                               (s.name, s.target_mail) = (p.name, p.mail) desc,
                               min(s.first_seen_at), s.name, s.target_mail limit 1) l on true
                  where p.provider_id = $1 and p.match_id = any ($2)) n
          where m.provider_id = $1 and m.match_id = n.match_id
            and (m.customers, m.held, m.next_end, m.name, m.mail, m.ours)
                is distinct from (n.customers, n.held, n.next_end, n.name, n.mail, n.ours)",
        provider.0,
        &ids
    )
    .execute(&mut **tx)
    .await?;
    refresh_words(tx, &ids).await
}

async fn refresh_words(tx: &mut Tx, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let people = sqlx::query!(
        r#"select m.match_id, m.name,
                  array(select p.mail from person_match_mail p where p.provider_id = $1 and p.match_id = m.match_id)
                      || m.mail as "mails!"
             from person_match m where m.provider_id = $1 and m.match_id = any ($2)"#,
        provider.0,
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let (mut whose, mut said) = (Vec::new(), Vec::new());
    for person in people {
        let texts = std::iter::once(person.name.as_str()).chain(person.mails.iter().map(String::as_str));
        for word in words(texts) {
            whose.push(person.match_id);
            said.push(word);
        }
    }
    sqlx::query!(
        "delete from person_match_word w where w.provider_id = $1 and w.match_id = any ($2)
            and not exists (select from unnest($3::uuid[], $4::text[]) as n (match_id, word)
                             where n.match_id = w.match_id and n.word = w.word)",
        provider.0,
        ids,
        &whose,
        &said
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into person_match_word (provider_id, word, match_id)
         select $1, n.word, n.match_id from unnest($2::uuid[], $3::text[]) as n (match_id, word)
             on conflict do nothing",
        provider.0,
        &whose,
        &said
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Which account of a person is said to be somebody else's: at one customer, or everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    At(CustomerId, String),
    Mail(String),
}

/// Takes an account out of a match: it is somebody else. Gives who he is now; `None`: it is no account of this one.
pub async fn split(
    tx: &mut Tx,
    from: Uuid,
    account: &Account,
    why: &str,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, sqlx::Error> {
    let (provider, by) = (tx.scope().provider(), tx.scope().person());
    let to = match account {
        Account::At(customer, account) => match_of_account(provider, *customer, account),
        Account::Mail(mail) => match_of_mail(provider, mail),
    };
    if to == from {
        return Ok(None);
    }
    insert(tx, &[to], true).await?;
    let moved = match account {
        Account::At(customer, account) => {
            let moved = sqlx::query!(
                "update assignment set match_id = $5 where provider_id = $1 and customer_id = $2 and account = $3
                    and match_id = $4",
                provider.0,
                customer.0,
                account,
                from,
                to
            )
            .execute(&mut **tx)
            .await?;
            if moved.rows_affected() > 0 {
                sqlx::query!(
                    "insert into person_match_account (provider_id, customer_id, account, match_id, said_by, said_at, why)
                     values ($1, $2, $3, $4, $5, $6, $7)
                     on conflict (provider_id, customer_id, account) do update
                        set match_id = excluded.match_id, said_by = excluded.said_by, said_at = excluded.said_at,
                            why = excluded.why",
                    provider.0,
                    customer.0,
                    account,
                    to,
                    by.map(|by| by.0),
                    now,
                    why
                )
                .execute(&mut **tx)
                .await?;
            }
            moved.rows_affected()
        }
        Account::Mail(mail) => {
            let moved = sqlx::query!(
                "update person_match_mail set match_id = $4, said_by = $5, said_at = $6, why = $7
                  where provider_id = $1 and mail = $2 and match_id = $3",
                provider.0,
                mail,
                from,
                to,
                by.map(|by| by.0),
                now,
                why
            )
            .execute(&mut **tx)
            .await?;
            if moved.rows_affected() > 0 {
                sqlx::query!(
                    "update assignment set match_id = $4 where provider_id = $1 and account = $2 and match_id = $3
                        and ours",
                    provider.0,
                    mail,
                    from,
                    to
                )
                .execute(&mut **tx)
                .await?;
            }
            moved.rows_affected()
        }
    };
    if moved == 0 {
        return Ok(None);
    }
    refresh(tx, &BTreeSet::from([from, to])).await?;
    Ok(Some(to))
}

/// Says that two are one: everything of the other becomes this one's, now and later.
pub async fn merge(
    tx: &mut Tx,
    into: Uuid,
    other: Uuid,
    why: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (provider, by) = (tx.scope().provider(), tx.scope().person());
    if into == other {
        return Ok(false);
    }
    let accounts = sqlx::query!(
        "insert into person_match_account (provider_id, customer_id, account, match_id, said_by, said_at, why)
         select distinct on (a.customer_id, a.account) $1::uuid, a.customer_id, a.account, $2::uuid, $4::uuid,
                $5::timestamptz, $6::text
           from assignment a
          where a.provider_id = $1 and a.match_id = $3
            and not exists (select from person_match_mail p where p.provider_id = $1 and p.match_id = $3
                             and p.mail = a.account)
         on conflict (provider_id, customer_id, account) do update
            set match_id = excluded.match_id, said_by = excluded.said_by, said_at = excluded.said_at,
                why = excluded.why",
        provider.0,
        into,
        other,
        by.map(|by| by.0),
        now,
        why
    )
    .execute(&mut **tx)
    .await?;
    let mails = sqlx::query!(
        "update person_match_mail set match_id = $2, said_by = $4, said_at = $5, why = $6
          where provider_id = $1 and match_id = $3",
        provider.0,
        into,
        other,
        by.map(|by| by.0),
        now,
        why
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update person_match_account set match_id = $2 where provider_id = $1 and match_id = $3",
        provider.0,
        into,
        other
    )
    .execute(&mut **tx)
    .await?;
    let moved = sqlx::query!(
        "update assignment set match_id = $2 where provider_id = $1 and match_id = $3",
        provider.0,
        into,
        other
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update guest set match_id = $2 where provider_id = $1 and match_id = $3",
        provider.0,
        into,
        other
    )
    .execute(&mut **tx)
    .await?;
    refresh(tx, &BTreeSet::from([into, other])).await?;
    Ok(accounts.rows_affected() + mails.rows_affected() + moved.rows_affected() > 0)
}
