use garde::Validate as _;

use super::{samples::Sample, *};

fn proposal(sample: &Sample) -> Option<Proposal> {
    let ground = sample.ground();
    ground.proposal(ground.worded()?)
}

fn of_a_call() -> Proposal {
    proposal(&Sample::call()).unwrap()
}

#[test]
fn what_follows_from_a_call() {
    assert!(Sample::call().card.validate().is_ok());
    let proposal = of_a_call();
    insta::assert_snapshot!(serde_json::to_string_pretty(&proposal).unwrap());
    let again: Proposal = serde_json::from_value(serde_json::to_value(&proposal).unwrap()).unwrap();
    assert_eq!(again, proposal);
}

#[test]
fn what_its_page_says() {
    insta::assert_snapshot!(of_a_call().page().unwrap());
}

/// Which services are meant, by what somebody says.
#[test]
fn services_are_meant_by_what_was_said() {
    let rows: [(&[&str], Option<&str>); 7] = [
        (&["We need somebody who finds out why our payments are slow."], Some("Finding bottlenecks")),
        (&["Could you do an architecture review of our storage system?"], Some("Architecture review")),
        (&["We must migrate our ledger without downtime."], Some("Migration plan")),
        (
            &["We want an architecture review of our payment system, and a migration plan for the ledger."],
            Some("Architecture review and Migration plan"),
        ),
        (&["We need help with our garden."], None),
        (&["Hello?"], None),
        (&[], None),
    ];
    for (said, expected) in rows {
        let title = proposal(&Sample::saying(said)).map(|proposal| proposal.title);
        assert_eq!(title.as_deref(), expected, "{said:?}");
    }
    let mut sample = Sample::call();
    sample.card.services.clear();
    assert_eq!(proposal(&sample), None, "nothing is offered");
}

#[test]
fn prices_add_up() {
    let both = Sample::saying(&[
        "An architecture review of our payment system, and a migration plan for the ledger.",
    ]);
    let both = proposal(&both).unwrap();
    assert_eq!(
        (both.price().as_str(), both.time().as_str()),
        ("EUR 18,500 to 27,500", "13 to 20 working days")
    );
    assert_eq!(of_a_call().price(), "EUR 6,000 to 9,500");
    assert_eq!(
        [grouped(0), grouped(999), grouped(1000), grouped(1_234_567)],
        ["0", "999", "1,000", "1,234,567"]
    );
}

/// What was said ends with its transcript; what the owner wrote of it does not.
#[test]
fn without_what_was_said() {
    let whole = proposal(&Sample::call()).unwrap();
    let quotes: Vec<String> = whole.sources.iter().map(|source| source.quote.clone()).collect();
    let over = whole.clone().without_words("Over.");
    let text = serde_json::to_string(&over).unwrap();
    assert!(!quotes.is_empty() && quotes.iter().all(|quote| !text.contains(quote)), "{text}");
    assert_eq!((over.problem[0].text.as_str(), over.problem.len(), over.has_words()), ("Over.", 1, false));
    assert_eq!((&over.services, &over.approach), (&whole.services, &whole.approach));
    let own =
        Rewritten { problem: Some(vec!["Their books do not agree.".to_owned()]), ..Rewritten::default() };
    let own = whole.rewritten(own).unwrap().without_words("Over.");
    assert_eq!((own.problem[0].text.as_str(), own.problem.len()), ("Their books do not agree.", 1));
    assert!(own.sources.is_empty() && own.document().is_ok());
}

/// How somebody is reached, and who they are, is not quoted.
#[test]
fn only_needs_are_quoted() {
    let sample = Sample::saying(&[
        "Our payment system is slow. Write to jonas@brightwater.example about the slow payment system.",
        "Call me about the slow payment system on +49 30 1234567. Is the payment system slow for you, too?",
    ]);
    let quotes: Vec<String> =
        proposal(&sample).unwrap().sources.into_iter().map(|source| source.quote).collect();
    assert_eq!(quotes, ["Our payment system is slow."]);
}

#[test]
fn the_same_proposal_is_the_same_bytes() {
    let (one, other) = (of_a_call().document().unwrap(), of_a_call().document().unwrap());
    assert_eq!((one.name.as_str(), one.media_type), ("proposal-2026-06-01.pdf", "application/pdf"));
    assert!(one.bytes.starts_with(b"%PDF-") && one.bytes.len() < 60_000, "{}", one.bytes.len());
    assert_eq!(one.hash(), other.hash());
    let dearer = Proposal { currency: "USD".to_owned(), ..of_a_call() };
    assert_ne!(dearer.document().unwrap().hash(), one.hash());
}

/// Letters that the fonts of the PDF lack are never left out: then it is a page.
#[test]
fn names_of_all_scripts() {
    let named = |name: &str| {
        let mut proposal = of_a_call();
        proposal.guest.name = Some(name.to_owned());
        proposal.document().unwrap()
    };
    for name in [
        "Zoë Ağaoğlu",
        "Łukasz Żółć",
        "Νίκος Παπαδόπουλος",
        "Юлия Ёлкина",
        "Nguyễn Thị Ánh",
        "Ana 🙂 O’Neill",
    ] {
        assert_eq!(named(name).media_type, "application/pdf", "{name}");
    }
    // The same letters, each with its accent apart.
    assert_eq!(named("Nguye\u{302}\u{303}n").media_type, "application/pdf");
    for name in ["山田太郎", "محمد", "דנה", "Ng\u{323}\u{308}\u{332}"] {
        let document = named(name);
        assert_eq!(
            (document.media_type, document.name.as_str()),
            ("text/html", "proposal-2026-06-01.html"),
            "{name}"
        );
        assert!(String::from_utf8(document.bytes).unwrap().contains(name));
    }
}

/// What people say never becomes markup, and no length is too much.
#[test]
fn nothing_that_was_said_gets_out_of_its_place() {
    let hostile =
        "<script>alert(1)</script> \"&' {{ 7 }} (Tj) ET\r\n\u{202e}\0 ".repeat(4) + &"x".repeat(300);
    let mut proposal = of_a_call();
    proposal.guest = Guest { name: Some(hostile.clone()), company: Some(hostile.clone()) };
    proposal.problem = vec![Point { text: hostile.clone(), sources: vec![1, 99] }; 20];
    proposal.sources = vec![Source { quote: hostile.clone(), offset_ms: u64::MAX }; 20];
    proposal.title = hostile;
    proposal.services =
        vec![Offered { price: Range { from: 0, to: u32::MAX }, ..proposal.services[0].clone() }; 20];
    assert!(proposal.document().unwrap().bytes.starts_with(b"%PDF-"));
    let page = proposal.page().unwrap();
    assert!(!page.contains("<script") && page.contains("&#60;script"), "{page}");
    assert!(proposal.body().unwrap().contains("In all"));
}
