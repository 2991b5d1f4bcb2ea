//! A proxy before the database that counts the round trips: in PostgreSQL's protocol each ends with
//! the client's Sync or Query message, for whose answer it waits.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

use crate::Result;

const QUERY: u8 = b'Q';
const SYNC: u8 = b'S';

/// The proxy. It ends with the process.
pub(crate) struct Counter {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    count: Arc<AtomicU32>,
}

impl Counter {
    /// Starts a proxy before the server at that address.
    pub(crate) async fn before(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let counter = Self {
            address: listener.local_addr()?,
            count: Arc::default(),
        };
        let count = counter.count.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, count.clone()));
            }
        });
        Ok(counter)
    }

    /// How many round trips there were.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }
}

/// Either end may break off as it likes: then there is nothing more to count.
async fn pass(client: TcpStream, server: SocketAddr, count: Arc<AtomicU32>) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    tokio::try_join!(
        io::copy(&mut from_server, &mut to_client),
        pass_messages(from_client, to_server, &count),
    )?;
    Ok(())
}

async fn pass_messages(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    count: &AtomicU32,
) -> io::Result<()> {
    // The first message has no type.
    let length = client.read_u32().await?;
    server.write_u32(length).await?;
    pass_rest(&mut client, &mut server, length).await?;
    loop {
        let kind = client.read_u8().await?;
        let length = client.read_u32().await?;
        if matches!(kind, QUERY | SYNC) {
            count.fetch_add(1, Ordering::SeqCst);
        }
        server.write_u8(kind).await?;
        server.write_u32(length).await?;
        pass_rest(&mut client, &mut server, length).await?;
    }
}

/// The rest of a message whose length, with its own four bytes, is known.
async fn pass_rest(
    client: &mut OwnedReadHalf,
    server: &mut OwnedWriteHalf,
    length: u32,
) -> io::Result<()> {
    let rest = u64::from(length.saturating_sub(4));
    io::copy(&mut client.take(rest), server).await.map(drop)
}
