//! Receivers that take a connection and say nothing, or nothing more: they keep nobody else waiting, and what may have
//! arrived is sent once more at most.

use std::time::Duration;

use mssp_portal::kit::clock::Clock;
use mssp_portal::kit::reach::Allowed;
use mssp_portal::kit::right::Role;
use mssp_portal::work;
use tokio_util::sync::CancellationToken;

use super::{Stage, many};
use crate::support::receiver::{Receiver, Reply};
use crate::support::smtp::{Answer, Smtp};

/// A portal that gives a receiver so much time.
async fn impatient(server: &Smtp, patience: Duration) -> Stage {
    let authorities = Some(server.authority.clone());
    let stage = Stage::with(Allowed { private: true, authorities, patience }).await;
    stage.mail_server(server).await;
    stage
}

#[tokio::test]
async fn a_mail_server_that_accepts_and_stays_silent_keeps_nobody_elses_message_back() {
    let (silent, receiver) = (Smtp::silent().await, Receiver::start().await);
    let stage = impatient(&silent, Duration::from_millis(300)).await;
    stage.rule_for("auditor", "").await;
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    for id in ["r1", "r2", "r3"] {
        stage.asked(id).await;
    }
    tokio::time::timeout(Duration::from_secs(60), stage.round()).await.expect("silence ends");
    assert_eq!(receiver.sent().len(), 3);
    assert_eq!(stage.states().await, [many("sent", 3), many("waiting", 3)]);
    assert_eq!(stage.causes().await, ["unreached", "unreached"], "the third is let rest");
    // Nothing of it counts as a process that died: it is tried as often as any other.
    for _ in 0..3 {
        stage.wait(5);
        stage.round().await;
    }
    assert_eq!(stage.states().await, [many("sent", 3), many("waiting", 3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_receiver_sees_one_connection_of_a_process_at_a_time() {
    let silent = Smtp::silent().await;
    let stage = impatient(&silent, Duration::from_secs(4)).await;
    stage.rule_for("auditor", "").await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(stage.post.clone().run(stop.clone()));
    for id in ["r1", "r2", "r3"] {
        stage.asked(id).await;
        work::workers(&stage.app.app).run_due().await.unwrap();
        stage.app.app.nudge.notify_waiters();
        Clock::system().sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(silent.connections(), 1);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_whose_every_channel_is_silent_leaves_the_others_their_places() {
    let reach = Allowed { private: true, patience: Duration::from_secs(30), ..Allowed::default() };
    let (stage, silent) = (Stage::with(reach).await, Receiver::start().await);
    for one in 0..40 {
        let (channel, _) = stage.channel("slack", &format!("{}/{one}", silent.url)).await;
        stage.rule_to(&channel, "").await;
        silent.reply(Reply::Never);
    }
    stage.asked("r1").await;
    let running = tokio::spawn(stage.post.clone().run(CancellationToken::new()));
    work::workers(&stage.app.app).run_due().await.unwrap();
    stage.app.app.nudge.notify_waiters();
    for _ in 0..8 {
        silent.arrival().await;
    }
    // Another provider's only message, of the same process.
    let lumen = stage.app.provider("lumen").await;
    let customer = stage.app.customer(lumen, "Fabrikam").await;
    let admin = stage.app.person(lumen, "Ben", &Role::ALL, true).await;
    let other = Stage { provider: lumen, customer, admin, ..stage };
    let receiver = Receiver::start().await;
    let (channel, _) = other.channel("webhook", &receiver.url).await;
    other.rule_to(&channel, "").await;
    other.asked("r1").await;
    work::workers(&other.app.app).run_due().await.unwrap();
    other.app.app.nudge.notify_waiters();
    tokio::time::timeout(Duration::from_secs(20), receiver.arrival()).await.expect("it leaves");
    assert_eq!(silent.sent().len(), 8);
    running.abort();
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_is_sent_once_more_and_then_left_for_a_person() {
    let server = Smtp::start().await;
    let stage = impatient(&server, Duration::from_millis(800)).await;
    stage.rule_for("auditor", "").await;
    server.answer(Answer::Vanish);
    server.answer(Answer::Hold);
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!((stage.causes().await, server.mails().len()), (vec!["answer-lost".to_owned()], 1));
    for _ in 0..3 {
        stage.wait(5 * 60);
        stage.round().await;
    }
    let mails = server.mails();
    assert_eq!((mails.len(), stage.states().await), (2, vec![many("dead", 1)]));
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    let page = stage.get("/admin/notices/outbox").await;
    assert!(page.body.contains("no answer came"), "{}", page.body);
    stage.form("/admin/notices/outbox/again", "message=all").await;
    stage.round().await;
    assert_eq!(stage.states().await, [many("sent", 1)]);
}

#[tokio::test]
async fn what_is_posted_to_a_chat_is_posted_once_more_at_most_whether_the_answer_or_the_process_was_lost() {
    let reach = Allowed { private: true, patience: Duration::from_secs(2), ..Allowed::default() };
    let (stage, receiver) = (Stage::with(reach).await, Receiver::start().await);
    let (channel, _) = stage.channel("slack", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    receiver.reply(Reply::Never);
    receiver.reply(Reply::Never);
    stage.asked("r1").await;
    work::workers(&stage.app.app).run_due().await.unwrap();
    let dying = tokio::spawn({
        let post = stage.post.clone();
        async move { post.run_due().await }
    });
    receiver.arrival().await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    for _ in 0..3 {
        stage.wait(3);
        stage.round().await;
    }
    assert_eq!((receiver.sent().len(), stage.states().await), (2, vec![many("dead", 1)]));
    assert_eq!(stage.causes().await, ["answer-lost"]);
    // An answer that says no is no doubt: it is tried as long as any.
    for _ in 0..4 {
        receiver.reply(Reply::Status(503));
    }
    stage.asked("r2").await;
    for _ in 0..6 {
        stage.round().await;
        stage.wait(60);
    }
    assert_eq!(stage.states().await, [many("dead", 1), many("sent", 1)]);
}
