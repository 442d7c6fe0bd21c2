//! WebSocket frames by hand: what the floor, the callers and the model of this benchmark speak.
//!
//! Only what they need: no fragments and no extensions.

const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;
const FINAL: u8 = 0x80;
/// Says that two bytes of length follow.
const MIDDLE: u8 = 0x7e;
const MASKED: u8 = 0x80;
const BUFFER: usize = 4 * 1024;
/// What clients mask with.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Bytes that came, and the frames in them.
pub struct Inbox {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Answers to pings, to be sent.
    pub pongs: Vec<u8>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buffer: vec![0; BUFFER], start: 0, end: 0, pongs: Vec::new() }
    }
}

struct Header {
    length: usize,
    key: Option<[u8; 4]>,
    payload: usize,
    opcode: u8,
}

impl Inbox {
    /// Where the next bytes go: never empty.
    pub fn spare(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    pub fn filled(&mut self, bytes: usize) {
        self.end += bytes;
    }

    /// The next whole text message, unmasked in place. Pings are answered, other frames skipped.
    pub fn next(&mut self) -> Option<&mut [u8]> {
        loop {
            let header = header(&self.buffer[self.start..self.end])?;
            let from = self.start + header.payload;
            let to = from + header.length;
            if to > self.end {
                return None;
            }
            self.start = to;
            if let Some(key) = header.key {
                mask(&mut self.buffer[from..to], key);
            }
            match header.opcode {
                TEXT => return Some(&mut self.buffer[from..to]),
                PING => {
                    // A bare ping is a server's: clients mask what they answer.
                    let key = header.key.is_none().then_some(KEY);
                    write_frame(&mut self.pongs, PONG, &[&self.buffer[from..to]], key);
                }
                _ => {}
            }
        }
    }

    /// The head of an HTTP message, once it is whole.
    pub fn http_head(&mut self) -> Option<String> {
        let bytes = &self.buffer[self.start..self.end];
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        self.start += end;
        Some(head)
    }
}

fn header(bytes: &[u8]) -> Option<Header> {
    let [first, second, rest @ ..] = bytes else { return None };
    let (length, mut payload) = match second & !MASKED {
        126 => (usize::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(rest.get(..8)?.try_into().ok()?)).ok()?, 10),
        length => (usize::from(length), 2),
    };
    let mut key = None;
    if second & MASKED != 0 {
        key = Some(bytes.get(payload..payload + 4)?.try_into().ok()?);
        payload += 4;
    }
    Some(Header { length, key, payload, opcode: first & 0x0f })
}

pub fn mask(bytes: &mut [u8], key: [u8; 4]) {
    let wide = u64::from_ne_bytes([key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]]);
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

/// Appends a text message made of `parts`; masked if there is a key.
pub fn write(out: &mut Vec<u8>, parts: &[&[u8]], key: Option<[u8; 4]>) {
    write_frame(out, TEXT, parts, key);
}

fn write_frame(out: &mut Vec<u8>, opcode: u8, parts: &[&[u8]], key: Option<[u8; 4]>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let masked = if key.is_some() { MASKED } else { 0 };
    out.push(FINAL | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => out.push(masked | short),
        (_, Ok(middle)) => {
            out.push(masked | MIDDLE);
            out.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    if let Some(key) = key {
        out.extend_from_slice(&key);
    }
    let payload = out.len();
    for part in parts {
        out.extend_from_slice(part);
    }
    if let Some(key) = key {
        mask(&mut out[payload..], key);
    }
}

/// The base64 between `open` and the next quote.
pub fn slice<'a>(message: &'a [u8], open: &[u8]) -> Option<&'a [u8]> {
    let from = memchr::memmem::find(message, open)? + open.len();
    let length = memchr::memchr(b'"', &message[from..])?;
    Some(&message[from..from + length])
}

/// The handshake's answer to a head with this request.
pub fn accept(head: &str) -> Option<String> {
    use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    })?;
    let accept = derive_accept_key(key.as_bytes());
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

/// The handshake's request.
pub fn request(host: &str, path: &str, signature: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         X-Twilio-Signature: {signature}\r\n\r\n"
    )
}
