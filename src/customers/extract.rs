//! A customer in the address, loaded and in view: whoever holds a `Viewed` may see him.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::app::App;
use crate::customers::model::Customer;
use crate::customers::store;
use crate::kit::error::AppError;
use crate::kit::frame::CustomerBand;
use crate::kit::ids::CustomerId;
use crate::kit::page::Page;

/// The page of a signed-in person about one customer. Missing, foreign and out of view are the same 404.
pub struct Viewed {
    pub page: Page,
    pub customer: Customer,
}

impl FromRequestParts<App> for Viewed {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let mut page = Page::from_request_parts(parts, app).await?;
        let Path(address) = Path::<HashMap<String, String>>::from_request_parts(parts, app)
            .await
            .map_err(|_| AppError::NotFound)?;
        let id: CustomerId =
            address.get("customer").and_then(|id| id.parse().ok()).ok_or(AppError::NotFound)?;
        let mut tx = page.scope().begin(&app.db).await?;
        let customer = store::find(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        page.frame.customer = Some(band(&customer));
        Ok(Self { page, customer })
    }
}

fn band(customer: &Customer) -> CustomerBand {
    CustomerBand {
        name: customer.name.clone(),
        entra_tenant_id: customer.entra_tenant_id.to_string(),
        href: format!("/customers/{}", customer.id),
        verified: customer.name_verified,
        colour: customer.entra_tenant_id.0.as_bytes()[15] % 8,
    }
}
