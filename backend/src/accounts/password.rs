//! Passwords: hashed with Argon2id off the event loop, a few at a time, because each takes tens of
//! milliseconds of a core and 19 MiB.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::error::AuthError;
use crate::error::Error;

/// Shortest password, in characters.
pub(super) const PASSWORD_MIN: usize = 8;
/// Longest password, in characters.
pub(super) const PASSWORD_MAX: usize = 128;

/// How many passwords are hashed at once in this process.
const AT_ONCE: usize = 2;
/// How many requests may wait for their turn; more are told to come back.
const WAITING: usize = 64;

/// The hash of no one's password, verified when there is no such account, so that the time of the
/// answer does not tell.
const NO_ONE: &str = "$argon2id$v=19$m=19456,t=2,p=1$r1fk9FBNxGUGgz3SjfKM5g$NCSKD2R/4IyrXZVzIj3PcXKSwyAQFpk53BwcEIDXj6M";

/// A password as somebody typed it: neither logged nor printed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password to set.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn new(text: &str) -> Result<Self, AuthError> {
        if text.chars().count() < PASSWORD_MIN {
            return Err(AuthError::PasswordTooShort);
        }
        Self::to_check(text)
    }

    /// A password to compare with one that was set.
    ///
    /// # Errors
    /// When it is too long.
    pub fn to_check(text: &str) -> Result<Self, AuthError> {
        if text.chars().count() > PASSWORD_MAX {
            return Err(AuthError::PasswordTooLong);
        }
        Ok(Self(text.nfkc().collect()))
    }
}

/// What the comparison of a password with a hash gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and its hash is of an older form: hash it anew.
    Outdated,
}

/// What Argon2 computes in.
#[derive(Debug, Default)]
struct Memory(Vec<Block>);

/// Hashes and verifies passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// The memory of hashes that are done, for the next ones: given back each time, the allocator
    /// would have several such pieces lying about.
    idle: Arc<Mutex<Vec<Memory>>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            admitted: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            idle: Arc::default(),
        }
    }
}

impl Passwords {
    /// The hash of a password, a PHC string.
    ///
    /// # Errors
    /// 429 when too many are waiting.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        self.run(move |memory| hash(&password, memory)).await?
    }

    /// Compares a password with a stored hash, or with nobody's when there is none.
    ///
    /// # Errors
    /// 429 when too many are waiting.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<Verdict, Error> {
        self.run(move |memory| match &stored {
            Some(stored) => verify(&password, stored, memory),
            None => {
                verify(&password, NO_ONE, memory);
                Verdict::Wrong
            }
        })
        .await
    }

    /// The permits go with the work: a client that leaves does not make room for another before
    /// its own hash is done.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let Ok(admitted) = self.admitted.clone().try_acquire_owned() else {
            return Err(Error::TooManyRequests {
                retry_after: 2,
                detail: "Many people are signing in just now. Try again in a few seconds."
                    .to_owned(),
            });
        };
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        let running = self.running.clone().acquire_owned().await;
        let running = running.map_err(|closed| internal(&closed))?;
        let idle = self.idle.clone();
        let work = move || {
            let idle = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = idle().pop().unwrap_or_default();
            let result = work(&mut memory);
            idle().push(memory);
            drop((running, admitted));
            result
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|failed| internal(&failed))
    }
}

/// OWASP's first choice: 19 MiB, two passes, one lane.
fn argon2() -> Result<Argon2<'static>, argon2::Error> {
    let params = Params::new(19_456, 2, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Memory {
    /// What Argon2 makes of a password.
    fn derive(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Password,
        salt: &Salt,
    ) -> password_hash::Result<Output> {
        let params = argon2.params();
        let mut bytes = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = bytes
            .get_mut(..length)
            .ok_or(password_hash::Error::OutputSize)?;
        self.0.resize(params.block_count(), Block::new());
        argon2.hash_password_into_with_memory(password.0.as_bytes(), salt, output, &mut self.0)?;
        Ok(Output::new(output)?)
    }
}

fn hash(password: &Password, memory: &mut Memory) -> Result<String, Error> {
    hash_argon2(password, memory)
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Internal(error.to_string()))
}

fn hash_argon2(password: &Password, memory: &mut Memory) -> password_hash::Result<PasswordHash> {
    let argon2 = argon2()?;
    let salt = Salt::generate();
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params())?,
        hash: Some(memory.derive(&argon2, password, &salt)?),
        salt: Some(salt),
    })
}

fn verify(password: &Password, stored: &str, memory: &mut Memory) -> Verdict {
    let verdict = if stored.starts_with('$') {
        verify_argon2(password, stored, memory)
    } else {
        verify_scrypt(password, stored)
    };
    verdict.unwrap_or(Verdict::Wrong)
}

/// Our own form, a PHC string, with whatever parameters it names. None when `stored` is not of that
/// form.
fn verify_argon2(password: &Password, stored: &str, memory: &mut Memory) -> Option<Verdict> {
    let stored = PasswordHash::new(stored).ok()?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map(Version::try_from).transpose().ok()?;
    let params = Params::try_from(&stored).ok()?;
    let theirs = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let (salt, key) = (stored.salt?, stored.hash?);
    // The comparison takes the same time wherever the two differ.
    if memory.derive(&theirs, password, &salt).ok()? != key {
        return Some(Verdict::Wrong);
    }
    let ours = argon2().ok()?;
    let costs = |argon2: &Argon2<'_>| {
        let params = argon2.params();
        (params.m_cost(), params.t_cost(), params.p_cost())
    };
    Some(if costs(&theirs) == costs(&ours) {
        Verdict::Right
    } else {
        Verdict::Outdated
    })
}

/// Better Auth's form, `salt:key` in hexadecimal, where the salt's text itself is the salt. None
/// when `stored` is not of that form.
fn verify_scrypt(password: &Password, stored: &str) -> Option<Verdict> {
    let (salt, key) = stored.split_once(':')?;
    let key = from_hex(key).filter(|key| key.len() == 64)?;
    let params = scrypt::Params::new(14, 16, 1).ok()?;
    let mut derived = [0; 64];
    scrypt::scrypt(
        password.0.as_bytes(),
        salt.as_bytes(),
        &params,
        &mut derived,
    )
    .ok()?;
    Some(if derived.ct_eq(key.as_slice()).into() {
        Verdict::Outdated
    } else {
        Verdict::Wrong
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

    use super::*;

    /// Made by the npm package `better-auth` 1.7.25: `password1`, and `pässwörd①` typed with
    /// combining marks.
    const BETTER_AUTH: &str = "6e57e3da9d46dd80198c9c658879685c:adc85ff41ace6812ef999a473275aba3e15e96eab2a39c866fcf5da53ede453e18916c20c31cd8bd578b1713bc931f72a03f1445bb188d3254a11a87871138b8";
    const BETTER_AUTH_UNICODE: &str = "24062c7d76092c585b7b1d918f9b14b3:1f53a32dedbfd0bb2c690b3bcb6b103cb92c52fc8b2518c1629111c7cfe16faa55c2986c7ed7122eeb39ba63d29673f27a7d0402740d1661ce0ca62aaf2c640c";

    fn typed(text: &str) -> Password {
        Password::to_check(text).unwrap()
    }

    fn hash(text: &str) -> String {
        super::hash(&typed(text), &mut Memory::default()).unwrap()
    }

    fn verify(text: &str, stored: &str) -> Verdict {
        super::verify(&typed(text), stored, &mut Memory::default())
    }

    #[test]
    fn a_hash_is_argon2id_with_a_salt_of_its_own_and_verifies() {
        let hashes = [hash("password1"), hash("password1")];
        assert_ne!(hashes[0], hashes[1]);
        for stored in &hashes {
            assert!(
                stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
                "{stored}"
            );
            assert_eq!(verify("password1", stored), Verdict::Right);
            assert_eq!(verify("password2", stored), Verdict::Wrong);
        }
    }

    #[test]
    fn a_password_typed_with_combining_marks_is_the_same_password() {
        let stored = hash("pässwörd①");
        assert_eq!(verify("pa\u{308}sswo\u{308}rd1", &stored), Verdict::Right);
    }

    #[test]
    fn what_better_auth_stored_verifies_and_is_due_for_a_new_hash() {
        assert_eq!(verify("password1", BETTER_AUTH), Verdict::Outdated);
        assert_eq!(verify("password2", BETTER_AUTH), Verdict::Wrong);
        assert_eq!(verify("pässwörd①", BETTER_AUTH_UNICODE), Verdict::Outdated);
    }

    #[test]
    fn a_weaker_hash_verifies_and_is_due_for_a_new_one() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        let stored = weak.hash_password(b"password1").unwrap().to_string();
        assert_eq!(verify("password1", &stored), Verdict::Outdated);
        assert_eq!(verify("password2", &stored), Verdict::Wrong);
    }

    #[tokio::test]
    async fn hashes_take_each_others_memory() {
        let passwords = Passwords::default();
        let ours = passwords.hash(typed("password1")).await.unwrap();
        let weak =
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for (stored, verdict) in [(weak, Verdict::Wrong), (&ours, Verdict::Right)] {
            let stored = Some(stored.to_owned());
            let said = passwords.verify(typed("password1"), stored).await.unwrap();
            assert_eq!(said, verdict);
        }
        assert_eq!(passwords.idle.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_hash_verifies_nothing() {
        for stored in [
            "",
            ":",
            "abc",
            "salt:zz",
            "salt:00",
            "$argon2id$",
            "$1$x$y",
            "ü:ü",
        ] {
            assert_eq!(verify("password1", stored), Verdict::Wrong, "{stored}");
        }
    }

    #[test]
    fn nobodys_hash_costs_what_anybodys_does() {
        let parsed = PasswordHash::new(NO_ONE).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (19_456, 2, 1)
        );
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        assert!(matches!(
            Password::new("1234567"),
            Err(AuthError::PasswordTooShort)
        ));
        assert!(Password::new("ääääääää").is_ok());
        assert!(Password::new(&"ä".repeat(128)).is_ok());
        assert!(matches!(
            Password::new(&"x".repeat(129)),
            Err(AuthError::PasswordTooLong)
        ));
        assert!(Password::to_check("x").is_ok());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_before_it_costs_anything() {
        let passwords = Passwords::default();
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let mut admitted = Vec::new();
        for _ in 0..AT_ONCE + WAITING {
            let (passwords, wait) = (passwords.clone(), wait.clone());
            admitted.push(tokio::spawn(async move {
                passwords
                    .run(move |_| wait.lock().unwrap().recv().unwrap())
                    .await
            }));
        }
        while passwords.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.hash(typed("password1")).await.unwrap_err();
        assert!(matches!(refused, Error::TooManyRequests { .. }));
        for _ in 0..AT_ONCE + WAITING {
            release.send(()).unwrap();
        }
        for task in admitted {
            task.await.unwrap().unwrap();
        }
        assert!(passwords.hash(typed("password1")).await.is_ok());
    }
}
