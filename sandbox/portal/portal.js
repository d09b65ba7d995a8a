// A link into the portal keeps the invoice in its fragment, which no server ever sees.
function follow() {
  const found = /\/invoiceId\/([^/?&]+)/i.exec(location.hash);
  if (!found) return;
  try {
    location.replace('/invoice/' + encodeURIComponent(decodeURIComponent(found[1])));
  } catch {
    // Not an invoice's number after all: the list stays.
  }
}
follow();
addEventListener('hashchange', follow);
