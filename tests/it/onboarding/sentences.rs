//! Every value stands where the sentence wants it, and every sentence says what is so.

use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;

use super::stage::Stage;

async fn of_customer(stage: &Stage, rest: &str) -> String {
    let path = format!("/customers/{}{rest}", stage.customer);
    stage.app.get(Some(&stage.provider.everyone), &path).await.body
}

#[tokio::test]
async fn values_stand_in_their_places_in_the_sentences() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    let page = stage.page("").await;
    let told = page.split(" steps applied.").next().unwrap();
    let figures: Vec<&str> = told.rsplit(' ').take(3).collect();
    assert!(matches!(figures[..], [all, "of", "0"] if all.parse::<u32>().unwrap() > 3), "{figures:?}");
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    stage.seat_approvers().await;
    stage.minutes(4).await;
    stage.declare("rbac").await;
    let page = stage.page("").await;
    for words in [
        "Published: Yes. Open to external users: Yes. Groups in it: 3.",
        "Gives: MSSP Analyst Approvers. Policies: ",
        ". Held by 2, of whom ours 2.",
    ] {
        assert!(page.contains(words), "{words} not in {page}");
    }
    let step = stage.page("/steps/rbac").await;
    let declared = step.split("Declared done").nth(1).unwrap();
    let who = "Everyone";
    assert!(declared.contains(&format!("By {who}, ")), "{declared}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn whoever_may_not_approve_is_told_who_may_and_gets_no_link_that_is_closed_to_him() {
    let stage = Stage::new("Woodgrove Bank").await;
    let manager = stage.app.person(stage.provider.id, "Emma", &[Role::AccountManager], true).await;
    let path = stage.path("");
    let early = stage.app.get(Some(&manager), &path).await.body;
    let consent = format!("/customers/{}/consent", stage.customer);
    assert!(early.contains("has not been read yet") && !early.contains(&consent), "{early}");
    stage.minutes(1).await;
    let asked = stage.app.get(Some(&manager), &path).await.body;
    assert!(asked.contains("Onboarding staff of your organisation answer them."), "{asked}");
    assert!(!asked.contains(">Answer<"), "a button he cannot use: {asked}");
    stage.administrator().await;
    let page = stage.app.get(Some(&manager), &path).await.body;
    assert!(page.contains("A plan waits for approval") && page.contains("Onboarding staff"), "{page}");
    assert!(!page.contains("You can approve now") && !page.contains(&consent), "{page}");
    let step = stage.app.get(Some(&manager), &stage.path("/steps/operator-consent")).await.body;
    assert!(step.contains("Consent for writing") && !step.contains(&consent), "{step}");
    let mine = stage.page("").await;
    assert!(mine.contains("You can approve now") && mine.contains(&consent), "{mine}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn after_a_click_it_is_told_what_really_follows() {
    let stage = Stage::new("Woodgrove Bank").await;
    let check = format!("/customers/{}/check", stage.customer);
    let asked = stage.act(&check, "").await;
    assert!(asked.location().ends_with("?done=checking-consent"), "{}", asked.location());
    stage.minutes(1).await;
    assert!(stage.act(&check, "").await.location().ends_with("?done=reading"));
    stage.administrator().await;
    let plan = stage.offered().await.unwrap();
    let approved = stage.act(&stage.path("/approve"), &format!("plan={plan}")).await;
    assert!(approved.location().ends_with("?done=approved-waiting"), "{}", approved.location());
    let paused = stage.act(&format!("/customers/{}/pause", stage.customer), "reason=Talks").await;
    assert_eq!(paused.status, 303);
    assert!(stage.act(&check, "").await.location().ends_with("?done=reading-paused"));
    let requests = of_customer(&stage, "/requests").await;
    assert!(requests.contains("is paused, so his requests are not read"), "{requests}");
    assert!(!requests.contains("within a minute"), "{requests}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_step_shows_what_belongs_to_it_and_its_links_can_be_opened() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let live = stage.page("/steps/live-response.tier2").await;
    assert!(live.contains(">Tier 2 Analyst<") && !live.contains(">Tier 1 Analyst<"), "{live}");
    let rbac = stage.page("/steps/rbac").await;
    assert!(rbac.contains("Declared: Unified RBAC"), "{rbac}");
    let analyst = stage.page("/steps/first-analyst").await;
    assert!(analyst.contains("Defender portal") && !analyst.contains("Entra admin center"), "{analyst}");
    let (_, link) = stage.links().await.into_iter().find(|(package, _)| package == "tier1").unwrap();
    assert!(analyst.contains(&format!("href=\"{link}\"")), "{link} not in {analyst}");
    let whose = "Administrator who decides on the first approvers";
    for (step, tells) in
        [("first-approvers", true), ("policy.approvers", true), ("rbac", false), ("catalog", false)]
    {
        let page = stage.page(&format!("/steps/{step}")).await;
        assert_eq!(page.contains(whose), tells, "{step}");
    }
    let overview = of_customer(&stage, "").await;
    assert!(overview.contains("Nobody's move") || overview.contains("Nobody&#39;s move"), "{overview}");
    assert!(
        !overview.contains(">Go on<") && !overview.contains("Go on</a>"),
        "nobody has a move: {overview}"
    );
    let activity = of_customer(&stage, "/activity").await;
    for words in ["Policy of “Tier 2”", "Access ends after (days)", "<ins>365</ins>", "Access is removed"]
    {
        assert!(activity.contains(words), "{words} not in {activity}");
    }
    for raw in ["31536000", "removeAccess", ">ends after", "decide_within", "first-analyst"] {
        assert!(!activity.contains(raw), "{raw} in {activity}");
    }
    stage.cloud.end().await;
}
