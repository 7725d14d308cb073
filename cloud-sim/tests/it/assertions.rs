//! Signed assertions in place of a secret, in every form in which Microsoft's own libraries send them.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as Rsa;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

use super::kit::{ADATUM, CONTOSO, READER, World};

struct Signer {
    certificate: Vec<u8>,
    key: Rsa,
}

impl Signer {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
        Self { certificate, key: Rsa::from_pkcs8(key.serialized_der()).unwrap() }
    }

    /// `named`: by `x5t#S256`, or by the older `x5t`.
    fn sign(&self, (alg, named): (&str, &str), padded: bool, claims: &Value) -> String {
        let engine = if padded { &URL_SAFE } else { &URL_SAFE_NO_PAD };
        let hash = if named == "x5t" { &digest::SHA1_FOR_LEGACY_USE_ONLY } else { &digest::SHA256 };
        let thumbprint = engine.encode(digest::digest(hash, &self.certificate));
        let header = json!({"typ": "JWT", "alg": alg, named: thumbprint});
        let text = format!("{}.{}", engine.encode(header.to_string()), engine.encode(claims.to_string()));
        let encoding: &dyn RsaEncoding = if alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
        let mut mark = vec![0; self.key.public_modulus_len()];
        self.key.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut mark).unwrap();
        format!("{text}.{}", engine.encode(mark))
    }
}

/// A world whose reader has this signer's certificate.
async fn world(signer: &Signer) -> World {
    let world = World::with_consent().await;
    let cer = json!({"cer": STANDARD.encode(&signer.certificate)});
    world.sim(&format!("tenants/{CONTOSO}/applications/{READER}/certificates"), cer).await;
    world
}

async fn claims(world: &World, id: &str) -> Value {
    let clock: Value = world.client.get(world.url("/sim/clock")).send().await.unwrap().json().await.unwrap();
    let now = chrono::DateTime::parse_from_rfc3339(clock["now"].as_str().unwrap()).unwrap().timestamp();
    let aud = world.url(&format!("/{ADATUM}/oauth2/v2.0/token"));
    json!({"aud": aud, "iss": READER, "sub": READER, "jti": id, "nbf": now, "exp": now + 600})
}

/// The first error code, or 0 with a token.
async fn code(world: &World, assertion: &str) -> u64 {
    let scope = world.url("/.default");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", READER),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("scope", &scope),
    ];
    let body: Value = world.ask_token(ADATUM, &form).await.json().await.unwrap();
    match body["access_token"].as_str() {
        Some(_) => 0,
        None => body["error_codes"][0].as_u64().unwrap(),
    }
}

#[tokio::test]
async fn an_assertion_is_taken_by_ps256_or_rs256_padded_or_not() {
    let signer = Signer::new();
    let world = world(&signer).await;
    let forms = [("PS256", "x5t#S256"), ("RS256", "x5t"), ("RS256", "x5t#S256")];
    for (at, form) in forms.into_iter().enumerate() {
        for padded in [false, true] {
            let claims = claims(&world, &format!("{at}-{padded}")).await;
            assert_eq!(code(&world, &signer.sign(form, padded, &claims)).await, 0, "{form:?} {padded}");
        }
    }
    world.sim("switches", json!({"assertions.rs256-refused": false})).await;
    let older = signer.sign(("RS256", "x5t"), false, &claims(&world, "older still").await);
    assert_eq!(code(&world, &older).await, 0);
    // MSAL for Python sends no nbf, and fractions of a second.
    let mut claims_of_msal = claims(&world, "msal").await;
    claims_of_msal["exp"] = json!(claims_of_msal["exp"].as_f64().unwrap() + 0.25);
    claims_of_msal.as_object_mut().unwrap().remove("nbf");
    assert_eq!(code(&world, &signer.sign(forms[0], false, &claims_of_msal)).await, 0);
    let mut over = claims(&world, "over").await;
    over["exp"] = json!(over["nbf"].as_f64().unwrap() - 0.25);
    assert_eq!(code(&world, &signer.sign(forms[0], false, &over)).await, 700_024);
    world.sim("switches", json!({"assertions.rs256-refused": true})).await;
    let older = signer.sign(("RS256", "x5t"), false, &claims(&world, "older").await);
    assert_eq!(code(&world, &older).await, 5_002_738);
    let newer = signer.sign(("PS256", "x5t#S256"), false, &claims(&world, "newer").await);
    assert_eq!(code(&world, &newer).await, 0);
}

#[tokio::test]
async fn an_assertion_of_another_key_is_refused_and_one_sent_twice_where_the_switch_says_so() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let world = world(&signer).await;
    for form in [("PS256", "x5t#S256"), ("RS256", "x5t")] {
        let foreign = stranger.sign(form, false, &claims(&world, "foreign").await);
        assert_eq!(code(&world, &foreign).await, 700_027);
        let posing = Signer { certificate: signer.certificate.clone(), key: Signer::new().key };
        assert_eq!(code(&world, &posing.sign(form, false, &claims(&world, "posing").await)).await, 50_012);
    }
    let none = signer.sign(("none", "x5t#S256"), false, &claims(&world, "none").await);
    assert_eq!(code(&world, &none).await, 5_002_738);
    world.sim("switches", json!({"assertions.replay-refused": false})).await;
    let once = signer.sign(("PS256", "x5t#S256"), false, &claims(&world, "once").await);
    assert_eq!([code(&world, &once).await, code(&world, &once).await], [0, 0], "MSAL sends one again");
    world.sim("switches", json!({"assertions.replay-refused": true})).await;
    assert_eq!(code(&world, &once).await, 50_013);
}
