//! The words customers are found by: kept beside each customer, and ranges of them for what is typed. Prefixes are
//! ranges, since LIKE keeps no index under row security.

use uuid::Uuid;

use crate::customers::model::words;
use crate::kit::ids::{CustomerId, EntraTenantId};
use crate::kit::scope::Tx;

/// What was typed, as ranges of words that all must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// From each word on, …
    pub lows: Vec<String>,
    /// … and before that one: everything that begins with it.
    pub highs: Vec<String>,
    /// An Entra tenant id was typed; nothing else is looked at then.
    pub entra_tenant_id: Option<Uuid>,
}

impl Search {
    pub fn of(typed: &str) -> Self {
        if let Ok(EntraTenantId(id)) = typed.trim().parse() {
            return Self { entra_tenant_id: Some(id), ..Self::default() };
        }
        let lows = words([typed]);
        let highs = lows.iter().map(|word| format!("{word}{}", char::MAX)).collect();
        Self { lows, highs, entra_tenant_id: None }
    }
}

/// Brings the customer's words in line with what he can be found by: name, domain, tags, contacts.
pub(super) async fn refresh_words(tx: &mut Tx, customer: CustomerId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let texts = sqlx::query_scalar!(
        r#"select c.name as "text!" from customer c where c.provider_id = $1 and c.customer_id = $2
           union all select c.domain from customer c where c.provider_id = $1 and c.customer_id = $2
           union all select t.tag from customer_tag t where t.provider_id = $1 and t.customer_id = $2
           union all select k.name from customer_contact k where k.provider_id = $1 and k.customer_id = $2
           union all select k.mail from customer_contact k where k.provider_id = $1 and k.customer_id = $2"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let words = words(texts.iter().map(String::as_str));
    sqlx::query!(
        "delete from customer_word where provider_id = $1 and customer_id = $2 and word <> all ($3)",
        provider.0,
        customer.0,
        &words
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into customer_word (provider_id, word, customer_id)
         select $1, w, $2 from unnest($3::text[]) as w on conflict do nothing",
        provider.0,
        customer.0,
        &words,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_typed_word_is_left_out() {
        let search = Search::of("bank of North-Holland bank");
        assert_eq!(search.lows, ["bank", "holland", "north", "of"]);
        assert_eq!(search.highs[3], "of\u{10ffff}");
        assert_eq!(Search::of(" .. "), Search::default());
    }

    #[test]
    fn an_entra_tenant_id_is_searched_as_one() {
        let id = "84841066-274d-4ec0-a5c1-276be684bdd3";
        let search = Search::of(&format!(" {} ", id.to_uppercase()));
        assert_eq!(search.entra_tenant_id, id.parse().ok());
        assert!(search.lows.is_empty());
    }
}
