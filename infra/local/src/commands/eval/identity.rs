//! How often records of one person are found to be that, on records whose truth is known.
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    path::{Path, PathBuf},
    time::Instant,
};

use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;
use twin::identity::matching::{Decision, Fields, Rarity, Record, candidates, compare, decide};

use super::Outcome;

#[derive(clap::Args)]
pub struct Arguments {
    /// Records (CSV): within one file duplicates are looked for, of two files each with the other.
    ///
    /// Columns, each but `id` optional: `id`, `name` or `given_name` and `family_name`, `company`, `title`,
    /// `date_of_birth`, `street_number`, `address_1`, `address_2`, `place`, `postcode`, `region`, `phone`,
    /// `email`, `linkedin`. Others are ignored.
    #[arg(long, required = true)]
    records: Vec<PathBuf>,
    /// Which records are of one person (CSV): a header, then two ids a line; of two files, the first one's first.
    #[arg(long)]
    truth: PathBuf,
    /// Name the pairs that were decided wrongly.
    #[arg(long)]
    errors: bool,
}

#[derive(Deserialize)]
struct Id {
    #[serde(alias = "rec_id")]
    id: String,
}

/// The records of all files, one after the other.
#[derive(Default)]
struct Set {
    ids: Vec<String>,
    records: Vec<Record>,
    /// By file: where each id stands.
    places: Vec<HashMap<String, usize>>,
}

/// Places of two records, the lower first.
type Pair = (usize, usize);

const FILES: usize = 2;

pub fn run(arguments: &Arguments) -> Outcome {
    if arguments.records.len() > FILES {
        return Err("one file of records, or two".into());
    }
    let began = Instant::now();
    let mut set = Set::default();
    for path in &arguments.records {
        set.read(path)?;
    }
    let truth = set.links(&arguments.truth)?;
    let read = began.elapsed();
    let decided = set.decided();
    println!("{:<24} {:>9}", "records", set.records.len());
    println!("{:<24} {:>9} {:>10} {:>10}", "", "pairs", "precision", "recall");
    print("compared", &decided, Decision::Different, &truth);
    print("automatic", &decided, Decision::Same, &truth);
    print("automatic or proposed", &decided, Decision::Propose, &truth);
    let all = began.elapsed();
    println!("{:<24} {:>9.3} {:>10.3} reading", "seconds", all.as_secs_f64(), read.as_secs_f64());
    if arguments.errors {
        set.print_errors(&decided, &truth);
    }
    Ok(())
}

impl Set {
    fn read(&mut self, path: &Path) -> Result<(), String> {
        let mut places = HashMap::new();
        let (header, rows) = table(path)?;
        for (number, row) in rows {
            let named = |error: csv::Error| format!("{}, record {number}: {error}", path.display());
            let Id { id } = row.deserialize(Some(&header)).map_err(named)?;
            let fields: Fields = row.deserialize(Some(&header)).map_err(named)?;
            if places.insert(id.clone(), self.ids.len()).is_some() {
                return Err(format!("{}, record {number}: the id {id:?} is there twice", path.display()));
            }
            self.ids.push(id);
            self.records.push(Record::new(&fields));
        }
        self.places.push(places);
        Ok(())
    }

    fn links(&self, path: &Path) -> Result<HashSet<Pair>, String> {
        let (Some(first), Some(last)) = (self.places.first(), self.places.last()) else {
            return Ok(HashSet::new());
        };
        let mut links = HashSet::new();
        for (number, row) in table(path)?.1 {
            let place = |column: usize, of: &HashMap<String, usize>| {
                let id = row.get(column).unwrap_or_default();
                let unknown = || format!("{}, link {number}: no record has the id {id:?}", path.display());
                of.get(id).copied().ok_or_else(unknown)
            };
            let (one, other) = (place(0, first)?, place(1, last)?);
            if one == other {
                return Err(format!("{}, link {number}: a record with itself", path.display()));
            }
            links.insert((one.min(other), one.max(other)));
        }
        Ok(links)
    }

    /// Each pair that is worth comparing, and what was decided.
    fn decided(&self) -> Vec<(Pair, Decision)> {
        let rarity = Rarity::of(&self.records);
        let of_first = self.places.first().map_or(0, HashMap::len);
        let is_asked = |pair: &Pair| self.places.len() < FILES || (pair.0 < of_first && pair.1 >= of_first);
        let decision = |pair: Pair| {
            let (one, other) = (self.records.get(pair.0)?, self.records.get(pair.1)?);
            Some((pair, decide(&compare(one, other, &rarity))))
        };
        candidates(&self.records).into_iter().filter(is_asked).filter_map(decision).collect()
    }

    fn print_errors(&self, decided: &[(Pair, Decision)], truth: &HashSet<Pair>) {
        let ids = |pair: &Pair| {
            let id = |place: usize| self.ids.get(place).map_or("", String::as_str);
            format!("{} {}", id(pair.0), id(pair.1))
        };
        let decisions: HashMap<Pair, Decision> = decided.iter().copied().collect();
        for (pair, decision) in decided.iter().filter(|(pair, _)| !truth.contains(pair)) {
            if *decision != Decision::Different {
                println!("wrong   {decision:?} {}", ids(pair));
            }
        }
        let mut missed: Vec<&Pair> =
            truth.iter().filter(|pair| decisions.get(pair) != Some(&Decision::Same)).collect();
        missed.sort_unstable();
        for pair in missed {
            let decision = decisions.get(pair).map_or("NotCompared".to_owned(), |known| format!("{known:?}"));
            println!("missed  {decision} {}", ids(pair));
        }
    }
}

/// A file's header, and its rows, numbered from 1.
fn table(path: &Path) -> Result<(StringRecord, Vec<(usize, StringRecord)>), String> {
    let named = |error: csv::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
    let header = reader.headers().map_err(named)?.clone();
    let rows: Result<Vec<_>, _> = reader.into_records().collect();
    Ok((header, (1..).zip(rows.map_err(named)?).collect()))
}

fn print(name: &str, decided: &[(Pair, Decision)], least: Decision, truth: &HashSet<Pair>) {
    let found = || decided.iter().filter(|(_, decision)| *decision >= least);
    let (all, right) = (found().count(), found().filter(|(pair, _)| truth.contains(pair)).count());
    let share = |of: usize| right as f64 / of.max(1) as f64;
    println!("{name:<24} {all:>9} {:>10.5} {:>10.5}", share(all), share(truth.len()));
}
