//! The local server on other systems than Unix: the same functions, which are never called.

use crate::workspace::local_server::error::Error;
use crate::workspace::local_server::folder::Folder;
use crate::workspace::local_server::installation::Installation;

pub(crate) fn running_process(_folder: &Folder) -> Result<Option<u32>, Error> {
    Err(Error::Unsupported)
}

pub(crate) fn is_our_server(_pid: u32, _folder: &Folder) -> Result<bool, Error> {
    Err(Error::Unsupported)
}

pub(crate) fn is_answering(_folder: &Folder, _port: u16) -> Result<bool, Error> {
    Err(Error::Unsupported)
}

pub(crate) fn choose_port(_kept: Option<u16>) -> Result<u16, Error> {
    Err(Error::Unsupported)
}

pub(crate) fn launch(_folder: &Folder, _installation: &Installation<'_>, _port: u16) -> Result<u32, Error> {
    Err(Error::Unsupported)
}

pub(crate) fn terminate(_pid: u32, _folder: &Folder) -> Result<(), Error> {
    Err(Error::Unsupported)
}
