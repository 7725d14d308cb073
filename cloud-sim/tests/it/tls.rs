//! https: an authority of the simulation's own, and every address with https in it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cloud_sim::{Options, Simulation};
use reqwest::{Certificate, Client};
use serde_json::{Value, json};

use super::kit::{ADATUM, OPERATOR, Place, declared, options};

async fn start(place: &Place) -> Simulation {
    Simulation::start(Options { tls: Some(place.0.clone()), ..options() }).await.unwrap()
}

/// Trusts this authority and no other.
fn trusting(ca: &Path) -> Client {
    let ca = Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
    let builder = Client::builder().tls_certs_only([ca]).https_only(true);
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn post(client: &Client, url: String, body: Value) -> Value {
    let sent = client.post(&url).json(&body).send().await.unwrap();
    assert!(sent.status().is_success(), "{url}: {}", sent.status());
    sent.json().await.unwrap_or(Value::Null)
}

#[tokio::test]
async fn every_address_carries_https_whatever_time_the_simulation_has() {
    let place = Place::new("https");
    let simulation = start(&place).await;
    let (base, client) = (simulation.base_url().to_owned(), trusting(&place.0.join("ca.pem")));
    assert!(base.starts_with("https://127.0.0.1:"), "{base}");
    // Longer than any certificate lasts: they live by the machine's clock.
    let far = json!({"advanceSeconds": 20 * 365 * 86_400_i64});
    post(&client, format!("{base}/sim/clock"), far).await;
    post(&client, format!("{base}/sim/world"), declared()).await;
    post(&client, format!("{base}/sim/switches"), json!({"page.size": 1, "consistency.groups": 0})).await;
    let consent = json!({"appId": OPERATOR, "grant": true});
    post(&client, format!("{base}/sim/tenants/{ADATUM}/consent"), consent).await;
    let client = trusting(&place.0.join("ca.pem"));

    let metadata = client.get(format!("{base}/{ADATUM}/v2.0/.well-known/openid-configuration"));
    let metadata: Value = metadata.send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["issuer"], format!("{base}/{ADATUM}/v2.0"));
    let mut addresses = 0;
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with(&base), "{name}: {value}");
            addresses += 1;
        }
    }
    assert_eq!(addresses, 5);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", OPERATOR),
        ("client_secret", "operator-secret"),
        ("scope", &format!("{base}/.default")),
    ];
    let token = client.post(metadata["token_endpoint"].as_str().unwrap()).form(&form).send().await.unwrap();
    let token: Value = token.json().await.unwrap();
    let bearer = token["access_token"].as_str().unwrap();
    for name in ["One", "Two"] {
        let group = json!({"displayName": name, "mailNickname": name, "mailEnabled": false,
            "securityEnabled": true});
        let made = client.post(format!("{base}/v1.0/groups")).bearer_auth(bearer).json(&group);
        assert_eq!(made.send().await.unwrap().status(), 201);
    }
    let page = client.get(format!("{base}/v1.0/groups")).bearer_auth(bearer).send().await.unwrap();
    let page: Value = page.json().await.unwrap();
    let next = page["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(&format!("{base}/v1.0/groups?")), "{next}");
    assert_eq!(client.get(next).bearer_auth(bearer).send().await.unwrap().status(), 200);
    simulation.close().await.unwrap();
}

#[tokio::test]
async fn the_authority_is_kept_with_its_key_for_its_owner_only_and_others_are_not_trusted() {
    let (place, other) = (Place::new("ca"), Place::new("other-ca"));
    let first = start(&place).await;
    let ca = std::fs::read(place.0.join("ca.pem")).unwrap();
    let key = std::fs::metadata(place.0.join("ca-key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    first.close().await.unwrap();
    let second = start(&place).await;
    assert_eq!(std::fs::read(place.0.join("ca.pem")).unwrap(), ca, "a restart breaks no trust");
    let ready = format!("{}/sim/ready", second.base_url());
    assert_eq!(trusting(&place.0.join("ca.pem")).get(&ready).send().await.unwrap().status(), 200);
    let local = ready.replace("127.0.0.1", "localhost");
    assert_eq!(trusting(&place.0.join("ca.pem")).get(local).send().await.unwrap().status(), 200);

    let stranger = start(&other).await;
    let refused = trusting(&other.0.join("ca.pem")).get(&ready).send().await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    stranger.close().await.unwrap();

    // Nobody can use half an authority: without its key, another is made.
    second.close().await.unwrap();
    std::fs::remove_file(place.0.join("ca-key.pem")).unwrap();
    let third = start(&place).await;
    assert_ne!(std::fs::read(place.0.join("ca.pem")).unwrap(), ca);
    let ready = format!("{}/sim/ready", third.base_url());
    assert_eq!(trusting(&place.0.join("ca.pem")).get(ready).send().await.unwrap().status(), 200);
    third.close().await.unwrap();
}

#[tokio::test]
async fn who_is_slow_or_speaks_plainly_keeps_nobody_waiting_and_a_lost_answer_is_lost_here_too() {
    let place = Place::new("slow");
    let simulation = start(&place).await;
    let (base, client) = (simulation.base_url().to_owned(), trusting(&place.0.join("ca.pem")));
    let address = base.trim_start_matches("https://").to_owned();
    let silent = tokio::net::TcpStream::connect(&address).await.unwrap();
    let plain = Client::builder().build().unwrap().get(format!("http://{address}/sim/ready"));
    assert!(plain.send().await.is_err());
    assert_eq!(client.get(format!("{base}/sim/ready")).send().await.unwrap().status(), 200);
    let fault = json!({"path": "/v1.0/organization", "fault": "lost-answer"});
    post(&client, format!("{base}/sim/faults"), fault).await;
    let lost = client.get(format!("{base}/v1.0/organization")).send().await;
    assert!(lost.is_err(), "{lost:?}");
    simulation.close().await.unwrap();
    drop(silent);
}
