//! Load on an MCP server over HTTP/1.1 with kept-alive connections: one JSON-RPC request again and again.
//!
//! ```text
//! rustc -O --edition 2024 load.rs
//! ./load --port 3101 --path /api/mcp --pid 4711 --requests 20000 --connections 8 --name rmcp [--header 'k: v']… < body.json
//! ```
//!
//! Prints one line of JSON: requests a second, latency, and the CPU time of the server's process for each request,
//! read from `/proc/<pid>/stat`. The standard library only.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// `USER_HZ` of Linux: what a tick of `/proc/<pid>/stat` is.
const TICKS_A_SECOND: f64 = 100.0;

fn main() -> ExitCode {
    match Plan::read().and_then(|plan| plan.run()) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Plan {
    port: u16,
    path: String,
    pid: u32,
    requests: u64,
    warm_up: u64,
    connections: usize,
    name: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Plan {
    fn read() -> Result<Self, String> {
        let mut plan = Self {
            port: 3000,
            path: "/mcp".into(),
            pid: 0,
            requests: 20_000,
            warm_up: 2_000,
            connections: 8,
            name: "server".into(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let mut words = env::args().skip(1);
        while let Some(flag) = words.next() {
            let value = words.next().ok_or(format!("{flag} wants a value"))?;
            let number = || value.parse::<u64>().map_err(|error| format!("{flag} {value}: {error}"));
            match flag.as_str() {
                "--port" => plan.port = u16::try_from(number()?).map_err(|error| error.to_string())?,
                "--path" => plan.path = value,
                "--pid" => plan.pid = u32::try_from(number()?).map_err(|error| error.to_string())?,
                "--requests" => plan.requests = number()?,
                "--warm-up" => plan.warm_up = number()?,
                "--connections" => {
                    plan.connections = usize::try_from(number()?).map_err(|e| e.to_string())?
                }
                "--name" => plan.name = value,
                "--header" => plan.headers.push(value),
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
        io::stdin().read_to_end(&mut plan.body).map_err(|error| error.to_string())?;
        Ok(plan)
    }

    fn run(&self) -> Result<String, String> {
        self.shoot(self.warm_up)?;
        let before = cpu_seconds(self.pid)?;
        let start = Instant::now();
        let mut latencies = self.shoot(self.requests)?;
        let wall = start.elapsed().as_secs_f64();
        let cpu = cpu_seconds(self.pid)? - before;

        latencies.sort_unstable();
        let requests = self.requests as f64;
        let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        Ok(format!(
            r#"{{"name":"{}","requests":{},"connections":{},"requests_per_second":{:.0},"cpu_us_per_request":{:.1},"p50_ms":{:.2},"p99_ms":{:.2},"rss_mb":{:.1}}}"#,
            self.name,
            self.requests,
            self.connections,
            requests / wall,
            cpu * 1e6 / requests,
            at(0.5),
            at(0.99),
            rss_mb(self.pid)?,
        ))
    }

    /// Sends so many requests over all connections, and gives the time that each took.
    fn shoot(&self, requests: u64) -> Result<Vec<Duration>, String> {
        let left = AtomicU64::new(requests);
        let message = self.message();
        thread::scope(|scope| {
            let workers: Vec<_> =
                (0..self.connections).map(|_| scope.spawn(|| self.connection(&message, &left))).collect();
            let mut all = Vec::new();
            for worker in workers {
                all.extend(worker.join().map_err(|_| "a connection panicked")?.map_err(|e| e.to_string())?);
            }
            Ok(all)
        })
    }

    fn message(&self) -> Vec<u8> {
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nAccept: application/json, \
             text/event-stream\r\nContent-Length: {}\r\n",
            self.path,
            self.port,
            self.body.len()
        );
        for header in &self.headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        [head.into_bytes(), self.body.clone()].concat()
    }

    fn connection(&self, message: &[u8], left: &AtomicU64) -> io::Result<Vec<Duration>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        let mut latencies = Vec::new();
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
            let start = Instant::now();
            writer.write_all(message)?;
            let body = response(&mut reader)?;
            latencies.push(start.elapsed());
            if !body.windows(8).any(|part| part == b"\"result\"")
                || body.windows(14).any(|p| p == b"\"isError\":true")
            {
                return Err(io::Error::other(format!("not a result: {}", String::from_utf8_lossy(&body))));
            }
        }
        Ok(latencies)
    }
}

/// Reads one response with status 200 and gives its body, of known length or in chunks.
fn response(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let (mut line, mut length, mut chunked) = (String::new(), 0_usize, false);
    reader.read_line(&mut line)?;
    let status = line.trim().to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let field = line.trim().to_ascii_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        chunked |= field.starts_with("transfer-encoding:") && field.ends_with("chunked");
    }
    let body = if chunked { chunks(reader)? } else { exactly(reader, length)? };
    if !status.contains(" 200 ") {
        return Err(io::Error::other(format!("{status}: {}", String::from_utf8_lossy(&body))));
    }
    Ok(body)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let (mut body, mut line) = (Vec::new(), String::new());
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        body.extend(exactly(reader, size)?);
        exactly(reader, 2)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn exactly(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// User and system time of a process, all its threads together.
fn cpu_seconds(pid: u32) -> Result<f64, String> {
    let stat =
        fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| format!("process {pid}: {error}"))?;
    // The name in brackets may hold blanks: count the fields from behind it.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |index: usize| {
        fields.get(index).and_then(|field| field.parse::<f64>().ok()).ok_or("an odd stat line")
    };
    Ok((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
}

fn rss_mb(pid: u32) -> Result<f64, String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes = line.trim().trim_end_matches(" kB").parse::<f64>().map_err(|error| error.to_string())?;
    Ok(kilobytes / 1024.0)
}
