//! The integration tests: one binary, one module per room.
#![expect(clippy::unwrap_used, reason = "a test may break off; clippy spares only functions marked as tests")]

mod access;
mod access_requests;
mod alerts;
mod audit;
mod cloud_calls;
mod cloud_over_https;
mod compose;
mod connections;
mod connections_taken;
mod customers;
mod doctor;
mod examples;
mod graph;
mod happening;
mod health;
mod notices;
mod onboarding;
mod people;
mod postgres;
mod program;
mod providers;
mod reading;
mod reports;
mod rules;
mod sign_in;
mod support;
mod today;
mod walls;
mod work;
