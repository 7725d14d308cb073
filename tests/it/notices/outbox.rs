//! The outbox: nothing is lost and nothing sent twice, but where a process dies between sending and noting it.

use std::collections::HashSet;

use mssp_portal::work;

use super::{Stage, many};
use crate::support::receiver::{Receiver, Reply};
use crate::support::smtp::{Answer, Smtp};

#[tokio::test]
async fn a_process_that_dies_after_sending_sends_at_most_the_same_message_once_more() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    stage.asked("r1").await;
    work::workers(&stage.app.app).run_due().await.unwrap();
    // The receiver has the message and has not answered yet: the process ends.
    receiver.reply(Reply::Never);
    let dying = tokio::spawn({
        let post = stage.post.clone();
        async move { post.run_due().await }
    });
    receiver.arrival().await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    let other = work::post(&stage.app.another_process(2));
    assert_eq!(stage.post.run_due().await.unwrap(), 0, "its lease still holds");
    drop(other);
    stage.wait(3);
    assert_eq!(stage.post.run_due().await.unwrap(), 1);
    let sent = receiver.sent();
    assert_eq!((sent.len(), stage.states().await), (2, vec![many("sent", 1)]));
    assert_eq!(sent[0].header("webhook-id"), sent[1].header("webhook-id"));
    assert_eq!(sent[0].body, sent[1].body);
}

#[tokio::test]
async fn of_a_mail_whose_answer_was_lost_the_second_bears_the_same_message_id() {
    let server = Smtp::start().await;
    let stage = super::mail::stage(&server).await;
    stage.rule_for("auditor", "").await;
    server.answer(Answer::Vanish);
    stage.asked("r1").await;
    stage.round().await;
    stage.wait(2);
    stage.round().await;
    let mails = server.mails();
    assert_eq!((mails.len(), stage.states().await), (2, vec![many("sent", 1)]));
    assert!(mails[0].header("Message-ID").is_some());
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_together_send_each_message_once() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    for number in 0..60 {
        stage.asked(&format!("r{number}")).await;
    }
    work::workers(&stage.app.app).run_due().await.unwrap();
    let (one, two) = (work::post(&stage.app.app), work::post(&stage.app.app));
    let (first, second) = tokio::join!(one.run_due(), two.run_due());
    assert_eq!(first.unwrap() + second.unwrap(), 60);
    let ids: HashSet<String> = receiver.sent().iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!((receiver.sent().len(), ids.len()), (60, 60));
}

#[tokio::test]
async fn a_weighing_that_is_broken_off_puts_nothing_in_and_comes_again() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    stage.asked("r1").await;
    // Everything of the weighing but its commit.
    let mut tx = stage.begin().await;
    let told = mssp_portal::notices::store::unweighed(&mut tx, stage.customer).await.unwrap();
    mssp_portal::notices::store::weighed(&mut tx, stage.customer, &told, stage.now()).await.unwrap();
    drop(tx);
    stage.round().await;
    assert_eq!(receiver.sent().len(), 1);
}
