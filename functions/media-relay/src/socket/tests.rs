//! Against tungstenite itself, over pipes that carry a few bytes at a time.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio_tungstenite::{
    accept_async,
    tungstenite::{
        client::IntoClientRequest as _,
        error::{CapacityError, ProtocolError},
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

use super::*;

/// Bytes that the pipe holds: a header in parts, frames in parts, several frames.
const PIPES: [usize; 5] = [1, 5, 64, 1500, 100_000];
/// An upgrade in smaller parts is an attack to tungstenite.
const FOR_AN_UPGRADE: usize = 64;
const MOST: usize = 10_000;

async fn pair(role: Role, pipe: usize) -> (Socket<DuplexStream>, WebSocketStream<DuplexStream>) {
    let pipe = if role == Role::Client { pipe.max(FOR_AN_UPGRADE) } else { pipe };
    let (ours, theirs) = duplex(pipe);
    let request = "ws://model/v1/realtime".into_client_request().unwrap();
    match role {
        Role::Server => {
            let peer = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
            (Socket::accepted(ours, MOST).await, peer)
        }
        Role::Client => {
            let (socket, peer) = tokio::join!(Socket::connected(ours, request, MOST), accept_async(theirs));
            (socket.unwrap(), peer.unwrap())
        }
    }
}

fn text(length: usize) -> String {
    (0..length).map(|at| char::from(b'a' + u8::try_from(at % 26).unwrap())).collect()
}

fn piece(payload: &'static str, opcode: Data, is_last: bool) -> Message {
    Message::Frame(Frame::message(payload, OpCode::Data(opcode), is_last))
}

fn control(text: String) -> outbox::Message {
    outbox::Message { text: text.into(), audio: false }
}

#[tokio::test]
async fn all_that_a_peer_sends_comes_in_its_order() {
    let sent = || {
        vec![
            Message::text("first"),
            Message::Ping(Bytes::from_static(b"there?")),
            Message::text(text(300)),
            piece("in ", Data::Text, false),
            Message::Ping(Bytes::from_static(b"amidst?")),
            piece("three ", Data::Continue, false),
            piece("pieces", Data::Continue, true),
            Message::text(""),
            Message::text(text(MOST)),
            Message::binary(vec![7; 3]),
            Message::Pong(Bytes::new()),
            Message::text("last"),
        ]
    };
    let whole = |message: &Message| !matches!(message, Message::Frame(_));
    let mut expected: Vec<Message> = sent().into_iter().filter(whole).collect();
    expected.insert(4, Message::text("in three pieces"));
    for (role, pipe) in
        [Role::Server, Role::Client].into_iter().flat_map(|role| PIPES.map(|pipe| (role, pipe)))
    {
        let (mut socket, peer) = pair(role, pipe).await;
        let (mut sink, mut answers) = peer.split();
        let sends = async {
            for message in sent() {
                sink.send(message).await.unwrap();
            }
        };
        let reads = async {
            let mut seen = Vec::new();
            while seen.len() < expected.len() {
                seen.push(socket.next().await.unwrap().unwrap());
            }
            seen
        };
        let answered =
            async { [answers.next().await, answers.next().await].map(|pong| pong.unwrap().unwrap()) };
        let ((), seen, pongs) = tokio::join!(sends, reads, answered);
        assert!(seen == expected, "{role:?}, {pipe} bytes");
        assert_eq!(pongs, ["there?", "amidst?"].map(|asked| Message::Pong(asked.into())), "{role:?}, {pipe}");
    }
}

#[tokio::test]
async fn all_that_is_queued_arrives() {
    let lengths = [0, 1, 125, 126, 3000, 65_535, 65_536, 20];
    for (role, pipe) in
        [Role::Server, Role::Client].into_iter().flat_map(|role| PIPES.map(|pipe| (role, pipe)))
    {
        let (mut socket, mut peer) = pair(role, pipe).await;
        for length in lengths {
            socket.queue(control(text(length)));
        }
        let reads = async {
            // It is answered between two of ours.
            peer.send(Message::Ping(Bytes::from_static(b"there?"))).await.unwrap();
            let (mut lengths, mut pongs) = (Vec::new(), 0);
            while lengths.len() < 8 || pongs < 1 {
                match peer.next().await.unwrap().unwrap() {
                    Message::Text(said) => {
                        assert!(said.as_str() == text(said.len()), "{role:?}, {pipe}: {} bytes", said.len());
                        lengths.push(said.len());
                    }
                    Message::Pong(_) => pongs += 1,
                    other => panic!("{other:?}"),
                }
            }
            lengths
        };
        let serves = async { while socket.next().await.is_some() {} };
        let arrived = tokio::select! {
            arrived = reads => arrived,
            () = serves => panic!("{role:?}, {pipe}: closed"),
        };
        assert_eq!(arrived, lengths, "{role:?}, {pipe} bytes");
    }
}

#[tokio::test]
async fn what_follows_an_answer_at_once_is_read() {
    for pipe in PIPES.map(|pipe| pipe.max(FOR_AN_UPGRADE)) {
        let (ours, theirs) = duplex(pipe);
        let request = "ws://model/v1/realtime".into_client_request().unwrap();
        let server = async {
            let mut peer = accept_async(theirs).await.unwrap();
            for said in ["one", "two"] {
                peer.send(Message::text(said)).await.unwrap();
            }
            peer
        };
        let client = async {
            let mut socket = Socket::connected(ours, request, MOST).await.unwrap();
            [socket.next().await, socket.next().await].map(|said| said.unwrap().unwrap())
        };
        let (_peer, said) = tokio::join!(server, client);
        assert_eq!(said, ["one", "two"].map(Message::text), "{pipe} bytes");
    }
}

/// What is wrong with it, what comes, and what that leads to.
type Case = (&'static str, Vec<u8>, fn(&Error) -> bool);

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let masked = |opcode: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
    };
    let large = [&[0x81, 0xff][..], &(MOST as u64 + 1).to_be_bytes(), &[0; 4]].concat();
    let cases: [Case; 7] = [
        ("not UTF-8", masked(0x81, b"\xff"), |error| matches!(error, Error::Utf8(_))),
        ("not masked", vec![0x81, 1, b'a'], |error| {
            matches!(error, Error::Protocol(ProtocolError::UnmaskedFrameFromClient))
        }),
        ("too large", large, |error| matches!(error, Error::Capacity(CapacityError::MessageTooLong { .. }))),
        ("a reserved bit", masked(0xc1, b"a"), |error| {
            matches!(error, Error::Protocol(ProtocolError::NonZeroReservedBits))
        }),
        ("no opcode", masked(0x83, b"a"), |error| matches!(error, Error::Protocol(_))),
        ("nothing to go on", masked(0x80, b"a"), |error| {
            matches!(error, Error::Protocol(ProtocolError::UnexpectedContinueFrame))
        }),
        ("a text amidst another", [masked(0x01, b"a"), masked(0x81, b"b")].concat(), |error| {
            matches!(error, Error::Protocol(ProtocolError::ExpectedFragment(_)))
        }),
    ];
    for (what, bytes, is_it) in cases {
        for pipe in PIPES {
            let (ours, mut theirs) = duplex(pipe);
            let mut socket = Socket::accepted(ours, MOST).await;
            let written = [masked(0x81, b"well"), bytes.clone()].concat();
            // It may wait for somebody to read the rest.
            let writes = tokio::spawn(async move { theirs.write_all(&written).await.map(|()| theirs) });
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("well"), "{what}");
            let refused = socket.next().await.unwrap().unwrap_err();
            assert!(is_it(&refused), "{what}, {pipe} bytes: {refused:?}");
            writes.abort();
        }
    }
}

/// Whoever is gone is gone, whether they said so or not; and nothing is said to who has said goodbye.
#[tokio::test]
async fn whoever_leaves_is_gone() {
    for pipe in PIPES {
        let (mut socket, mut peer) = pair(Role::Server, pipe).await;
        socket.queue(control(text(10)));
        let leaves = async {
            peer.close(None).await.unwrap();
            let mut said = Vec::new();
            while let Some(Ok(message)) = peer.next().await {
                said.push(message);
            }
            drop(peer);
            said
        };
        let ends = async {
            let last = loop {
                match socket.next().await {
                    Some(Ok(Message::Close(_))) => break true,
                    Some(Ok(_)) => {}
                    _ => break false,
                }
            };
            socket.queue(control(text(20)));
            let closed = socket.close(CloseCode::Normal, "over").await;
            drop(socket);
            (last, closed)
        };
        let (said, (last, closed)) = tokio::join!(leaves, ends);
        assert!(last, "{pipe} bytes");
        assert!(closed.is_ok(), "{closed:?}");
        assert_eq!(said, [Message::text(text(10)), Message::Close(None)], "{pipe} bytes");

        let (mut socket, peer) = pair(Role::Server, pipe).await;
        drop(peer);
        assert!(matches!(socket.next().await, Some(Err(_)) | None), "{pipe} bytes");
    }
}

#[tokio::test]
async fn a_socket_that_is_closed_sends_what_waits_first() {
    for pipe in PIPES {
        let (mut socket, mut peer) = pair(Role::Server, pipe).await;
        socket.queue(control(text(200)));
        let hears = async {
            let mut said = Vec::new();
            while let Some(Ok(message)) = peer.next().await {
                said.push(message);
            }
            let mut rest = Vec::new();
            peer.get_mut().read_to_end(&mut rest).await.unwrap();
            drop(peer);
            said
        };
        let (said, closed) = tokio::join!(hears, socket.close(CloseCode::Policy, "no start"));
        assert!(matches!(closed, Ok(()) | Err(Error::ConnectionClosed)), "{closed:?}");
        let [Message::Text(first), Message::Close(Some(frame))] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!((first.as_str(), frame.code), (text(200).as_str(), CloseCode::Policy), "{pipe} bytes");
    }
}
