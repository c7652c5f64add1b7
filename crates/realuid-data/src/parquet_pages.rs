use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};

/// Pages of a column of integers or bytes, without the dictionaries that claim more values than
/// they have room for: the reader would set aside memory for whatever number they claim.
pub(crate) struct CheckedPages(pub(crate) Box<dyn PageReader>);

/// Bytes of the smallest value: an `INT32`, or the length in front of a byte array.
const SMALLEST_VALUE: usize = 4;

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.0.get_next_page()?;
        if let Some(Page::DictionaryPage { buf, num_values, .. }) = &page {
            let (bytes, claimed) = (buf.len(), *num_values);
            if claimed as usize > bytes / SMALLEST_VALUE {
                let problem = format!("a dictionary of {bytes} bytes claims {claimed} values");
                return Err(ParquetError::General(problem));
            }
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
