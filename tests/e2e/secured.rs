//! TLS with client certificates, and SASL/SCRAM over TLS, towards a real broker.

use crate::broker::Broker;
use crate::ledger::Ledger;
use crate::produce::with_librdkafka;

fn records() -> Vec<crate::produce::Pair> {
    (0..20u8).map(|n| (Some(vec![n]), Some(vec![n]))).collect()
}

fn tls(broker: &Broker, certificate: &str, key: &str) -> Ledger {
    Ledger::at(broker.fact("BOOTSTRAP_SSL"))
        .set("kafka.properties.security.protocol", "SSL")
        .set("kafka.properties.ssl.ca.location", broker.fact("TLS_CA"))
        .set(
            "kafka.properties.ssl.certificate.location",
            broker.fact(certificate),
        )
        .set("kafka.properties.ssl.key.location", broker.fact(key))
}

fn scram(broker: &Broker, password: &str) -> Ledger {
    Ledger::at(broker.fact("BOOTSTRAP_SASL_SSL"))
        .set("kafka.properties.security.protocol", "SASL_SSL")
        .set("kafka.properties.sasl.mechanism", "SCRAM-SHA-512")
        .set("kafka.properties.ssl.ca.location", broker.fact("TLS_CA"))
        .set("kafka.properties.sasl.username", broker.fact("SASL_USER"))
        .set("kafka.properties.sasl.password", password)
}

#[test]
fn a_ledger_reads_over_tls_with_a_client_certificate_and_over_scram() {
    let broker = Broker::secure();
    let ledgers = [
        tls(&broker, "TLS_CERT", "TLS_KEY"),
        scram(&broker, broker.fact("SASL_PASSWORD")),
    ];
    for (ledger, leaves) in ledgers.into_iter().zip([20, 40]) {
        let ledger = ledger.init();
        let mut serving = ledger.serve();
        with_librdkafka(broker.bootstrap(), &records());
        serving.wait_for_leaves(leaves);
        serving.stop();
        ledger.fsck();
    }
}

#[test]
fn a_stranger_and_a_wrong_password_are_refused_by_name() {
    let broker = Broker::secure();
    let stranger = tls(&broker, "TLS_STRANGER_CERT", "TLS_STRANGER_KEY");
    stranger.fails(&["init"], "CU-0102");
    let line = scram(&broker, "never-to-be-shown").fails(&["init"], "CU-0101");
    assert!(!line.contains("never-to-be-shown"), "{line}");
}
