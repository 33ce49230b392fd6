"""Build the demo catalogue of `argosy.demo` from the Magento 2 Luma sample data.

    python tools/build_demo_extract.py PATH_TO_LUMA_FIXTURES [TARGET]

The fixtures are the CSV files of magento/magento2-sample-data, one folder, renamed
`Module__file.csv`, with the photographs as WebP in `images/`. The extract is deterministic: the
same fixtures give the same bytes. What is ours and not Luma's (weights, euro prices, stock
levels) is listed in ATTRIBUTION.md, which this tool writes too.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import html
import io
import json
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

Row = dict[str, str]
Record = dict[str, Any]

CHANNELS = ("us", "eu")
PUBLISHED = "2025-01-01T00:00:00Z"
MAX_IMAGES_BYTES = 18 * 1024 * 1024

SIZES = ("XS", "S", "M", "L", "XL")
SIZE_WEIGHT = {"XS": 88, "S": 94, "M": 100, "L": 107, "XL": 114}

# Grams of a size M, by the last part of the main category's path.
WEIGHTS_G = {
    "hoodies-sweatshirts": 540, "jackets": 680, "tees": 170, "tanks": 140, "bras-tanks": 130,
    "pants": 390, "shorts": 210, "bags": 950, "watches": 85, "fitness-equipment": 450,
}  # fmt: skip
WEIGHT_G_OF_SKU = {
    "24-UG06": 140, "24-UG07": 900, "24-UG04": 260, "24-UG02": 190, "24-UG05": 720, "24-UG01": 180,
    "24-WG084": 160, "24-WG088": 610, "24-UG03": 520, "24-WG080": 2100, "24-WG085_Group": 630,
    "24-MB02": 1150, "24-UB02": 3900, "24-MB01": 1050,
}  # fmt: skip

LABELS = {
    "activity": "Activity", "climate": "Climate", "eco_collection": "Eco collection",
    "erin_recommends": "Erin recommends", "features": "Features", "format": "Format",
    "gear_type": "Gear type", "gender": "Gender", "material": "Material", "new": "New",
    "pattern": "Pattern", "performance_fabric": "Performance fabric", "strap": "Strap and handle",
    "style": "Style", "length": "Length", "width": "Width", "height": "Height",
}  # fmt: skip
SOURCE_TO_CODE = {
    "style_general": "style", "style_bottom": "style", "style_bags": "style",
    "features_bags": "features", "strap_bags": "strap", "category_gear": "gear_type",
}  # fmt: skip
BOOLEANS = ("eco_collection", "performance_fabric", "erin_recommends", "new")
CHOICES = (
    "activity", "style_general", "style_bottom", "style_bags", "features_bags", "strap_bags",
    "category_gear", "gender", "material", "pattern", "climate", "format",
)  # fmt: skip
FACETS = {"activity", "climate", "eco_collection", "gender", "gear_type", "material", "pattern",
          "performance_fabric", "style"}  # fmt: skip

SPELLING = {
    "All-weather": "All-Weather", "Full zip": "Full Zip",
    "Cocona® performance Fabric": "Cocona® performance fabric",
}  # fmt: skip

# Luma's hidden roots, under names that a shopper would understand.
RENAMED = {
    "Promotions": "Sale", "Women Sale": "Women", "Men Sale": "Men",
    "Erin Recommends New": "Erin Recommends",
}  # fmt: skip
SET_PRICE_OF_PARTS = {"24-WG080": Decimal(61), "24-WG085_Group": Decimal(52)}


def read(folder: Path, name: str) -> list[Row]:
    path = folder / name
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


def slugify(text: str) -> str:
    plain = html.unescape(text).lower().replace("'", "").replace("’", "").replace("™", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def lines(text: str) -> list[str]:
    """The values of a multi-line cell, unescaped, in order, without repeats."""
    values = (html.unescape(part).strip() for part in re.split(r"[\n|]", text))
    return list(dict.fromkeys(v for v in values if v and v != "N/A"))


def usd(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def eur(dollars: Decimal) -> str:
    """A price a European shop would print, tax included: ends in .95, in steps of 5 above 20."""
    with_tax = dollars * Decimal("1.1")
    step = Decimal(5) if with_tax >= 20 else Decimal(1)
    whole = (with_tax / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return usd(max(whole, step) - Decimal("0.05"))


def prices(dollars: Decimal, before: Decimal | None) -> Record:
    def entry(amount: str, compare_at: str | None) -> list[Record]:
        return [{"amount": amount} | ({"compare_at": compare_at} if compare_at else {})]

    return {
        "usd": entry(usd(dollars), usd(before) if before else None),
        "eur": entry(eur(dollars), eur(before) if before else None),
    }


def stock(sku: str) -> Record:
    """Made-up but steady quantities: most well stocked, some low, a few sold out."""
    draw = hashlib.sha256(sku.encode()).digest()
    levels = (0, 3, 8) if draw[0] < 12 else (20, 45, 80, 120, 160)
    return {"us-main": levels[draw[1] % len(levels)], "eu-main": levels[draw[2] % len(levels)]}


def image_name(path: str) -> str:
    return "images/" + Path(path).with_suffix(".webp").name


class Categories:
    """The tree, keyed by the source's names, in the source's order."""

    def __init__(self, folder: Path) -> None:
        self.records: dict[str, Record] = {}
        for name in ("Configurable", "Catalog", "Downloadable"):
            for row in read(folder, f"{name}SampleData__categories.csv"):
                parents = [RENAMED.get(p, p) for p in row["path"].split("/") if p]
                own = RENAMED.get(row["name"].strip(), row["name"].strip())
                path = "/".join(slugify(p) for p in [*parents, own])
                self.records.setdefault(
                    path,
                    {
                        "kind": "category",
                        "path": path,
                        "name": own,
                        "position": int(row["position"] or 0),
                    },
                )
        for root, position in {"women": 1, "men": 2, "gear": 3, "training": 4, "collections": 5,
                               "sale": 6}.items():  # fmt: skip
            self.records[root]["position"] = position
        places: dict[str, int] = defaultdict(int)
        for path, record in self.records.items():
            if parent := path.rpartition("/")[0]:
                record["position"] = places[parent]
                places[parent] += 1

    def of_magento(self, cell: str) -> list[str]:
        """`Default Category/Men/Tops,...` gives `men/tops`: the deepest, main one first."""
        names = [part.split("/")[1:] for part in cell.split(",")]
        return self._known(names)

    def of_gear(self, cell: str) -> list[str]:
        """A pile of names, one a line: a root, then a child of the root before it."""
        found: list[list[str]] = []
        root = ""
        for name in lines(cell):
            if name in {"Gear", "Training", "Collections", "Promotions"}:
                root = name
            else:
                found.append(["Collections" if "Erin" in name else root, name])
        return self._known(found)

    def _known(self, names: Iterable[list[str]]) -> list[str]:
        paths = ("/".join(slugify(RENAMED.get(p, p)) for p in parts) for parts in names if parts)
        return list(dict.fromkeys(p for p in paths if p in self.records))


def attributes(row: Row, description: str, gender: str | None) -> Record:
    found: Record = {}
    for source in CHOICES:
        if values := lines(row.get(source, "")):
            code = SOURCE_TO_CODE.get(source, source)
            found[code] = [*found.get(code, []), *(SPELLING.get(v, v) for v in values)]
    for code in BOOLEANS:
        if (value := row.get(code, "")) in {"Yes", "No", "1", "0", ""}:
            found[code] = value in {"Yes", "1"}
    if gender and "gender" not in found:
        found["gender"] = [gender]
    if size := re.search(r'L ([\d.]+)" x W ([\d.]+)" x H ([\d.]+)"', description):
        for code, number in zip(("length", "width", "height"), size.groups(), strict=True):
            found[code] = {"number": number.rstrip("."), "unit": "in"}
    return dict(sorted(found.items()))


def product(row: Row, sku: str, categories: list[str], found: Record, kind: str) -> Record:
    title, description = html.unescape(row["name"]), row["description"]
    return {
        "kind": "product",
        "external_id": sku,
        "slug": slugify(title),
        "title": " ".join(title.split()),
        "description": description.replace("\xa0", " ").strip(),
        "brand": "Luma",
        "product_type": kind,
        "tax_class": "standard",
        "shipping_class": "standard",
        "status": "active",
        "attributes": found,
        "categories": categories,
        "publications": [{"channel": code, "from": PUBLISHED} for code in CHANNELS],
    }


def variant(sku: str, options: Record, weight_g: int | None, price: Record) -> Record:
    made: Record = {"sku": sku}
    if options:
        made |= {"title": " / ".join(options.values()), "options": options}
    if weight_g is None:
        made |= {"requires_shipping": False, "tracks_inventory": False}
    else:
        made |= {"weight_g": weight_g}
    return made | {"prices": price} | ({} if weight_g is None else {"stock": stock(sku)})


def alt_text(title: str, colour: str | None, file: str) -> str:
    view = {"back": ", seen from behind", "alt1": ", another view", "alternate": ", another view",
            "outfit": ", as part of an outfit", "sideb": ", seen from the side"}  # fmt: skip
    shown = f"{title} in {colour.lower()}" if colour else title
    return shown + view.get(Path(file).stem.rpartition("_")[2], "")


def weight_of(sku: str, categories: list[str], size: str | None) -> int:
    grams = WEIGHT_G_OF_SKU.get(sku)
    if grams is None:
        grams = next(
            (WEIGHTS_G[leaf] for p in categories if (leaf := p.split("/")[-1]) in WEIGHTS_G), 400
        )
    return grams * SIZE_WEIGHT.get(size or "M", 100) // 100


def configurables(folder: Path, tree: Categories) -> Iterator[Record]:
    rows = read(folder, "ConfigurableSampleData__products.csv.gz")
    children = {r["sku"]: r for r in rows if r["product_type"] == "simple"}
    msrp = {r["sku"]: Decimal(r["msrp"]) for r in read(folder, "MsrpSampleData__products_msrp.csv")}
    for row in rows:
        if row["product_type"] != "configurable":
            continue
        paths = tree.of_magento(row["categories"])
        extra = dict(re.findall(r"(\w+)=(.*?)(?=,\w+=|$)", row["additional_attributes"]))
        gender = {"men": "Men", "women": "Women"}.get(paths[0].split("/")[0])
        found = attributes(extra, row["description"], gender)
        made = product(row, row["sku"], paths, found, row["attribute_set_code"])
        own = [
            (children[found["sku"]], {k.title(): found[k] for k in ("size", "color") if k in found})
            for part in row["configurable_variations"].split("|")
            for found in [dict(kv.split("=", 1) for kv in part.split(","))]
        ]  # fmt: skip
        yield with_variants(made, row["base_image"], own, msrp.get(row["sku"]))


def with_variants(
    made: Record, face: str, own: list[tuple[Row, Record]], msrp: Decimal | None
) -> Record:
    """Options, the photographs of each colour and the variants of one configurable product."""
    media = {image_name(face): made["title"]}
    variants = []
    for child, options in own:
        files = [f for f in [child["base_image"], *child["additional_images"].split(",")] if f]
        for file in files:
            media[image_name(file)] = alt_text(made["title"], options["Color"], file)
        weight = weight_of(child["sku"], made["categories"], options.get("Size"))
        entry = variant(child["sku"], options, weight, prices(Decimal(child["price"]), msrp))
        variants.append(entry | {"media": image_name(files[0])})
    values: dict[str, list[str]] = defaultdict(list)
    for _, options in own:
        for name, value in options.items():
            if value not in values[name]:
                values[name].append(value)
    made["options"] = [{"name": n, "values": v} for n, v in values.items()]
    made["media"] = [{"file": f, "alt": alt} for f, alt in media.items()]
    made["variants"] = variants
    return made


def images_of(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*images_*.csv")):
        for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))):
            found[row["sku"]].append(image_name(row["image"]))
    return found


def simples(folder: Path, tree: Categories, images: dict[str, list[str]]) -> Iterator[Record]:
    prefix = "CatalogSampleData__SimpleProduct__products_gear_"
    sources = {
        f"{prefix}bags.csv": "Bag", f"{prefix}fitness_equipment.csv": "Fitness equipment",
        f"{prefix}watches.csv": "Watch", "BundleSampleData__yoga_bundle.csv": "Fitness equipment",
        "GroupedProductSampleData__yoga_grouped.csv": "Fitness equipment",
        "DownloadableSampleData__products_training_video_download.csv": "Video",
    }  # fmt: skip
    for name, kind in sources.items():
        for row in read(folder, name):
            yield simple(row, kind, tree, images[row["sku"]])


def simple(row: Row, kind: str, tree: Categories, files: list[str]) -> Record:
    paths = tree.of_gear(row["category"])
    found = attributes(row, row["description"], None)
    made = product(row, row["sku"], paths, found, kind)
    price = SET_PRICE_OF_PARTS.get(row["sku"]) or Decimal(row["price"])
    if row["sku"] == "240-LV09":
        price = Decimal(27)  # Three episodes at 9, sold here as one.
    special = Decimal(row.get("special_price") or price)
    digital = kind == "Video"
    weight = None if digital else weight_of(row["sku"], paths, None)
    before = price if special < price else None
    made["media"] = [{"file": f, "alt": alt_text(made["title"], None, f)} for f in files]
    made["variants"] = [variant(row["sku"], {}, weight, prices(special, before))]
    return made


def grouped_gear(folder: Path, tree: Categories, images: dict[str, list[str]]) -> Iterator[Record]:
    """The ball and the strap: Luma sells their sizes side by side, we as variants of one."""
    prefix = "CatalogSampleData__SimpleProduct__products_gear_fitness_equipment_"
    for name, sku, title in (
        ("ball", "24-WG081", "Sprite Stasis Ball"),
        ("strap", "24-WG085", "Sprite Yoga Strap"),
    ):
        rows = read(folder, f"{prefix}{name}.csv")
        paths = tree.of_gear(rows[0]["category"])
        found = attributes(rows[0], rows[0]["description"], None)
        made = product(rows[0] | {"name": title}, sku, paths, found, "Fitness equipment")
        media: dict[str, str] = {}
        variants = []
        for row in rows:
            options = {"Size": row["size"]} | ({"Color": row["color"]} if row.get("color") else {})
            entry = variant(
                row["sku"],
                options,
                1200 if name == "ball" else 210,
                prices(Decimal(row["price"]), None),
            )
            for file in images[row["sku"]]:
                media.setdefault(file, alt_text(title, row.get("color"), file))
                entry["media"] = file
            variants.append(entry)
        names = list(variants[0]["options"])
        made["options"] = [
            {"name": n, "values": list(dict.fromkeys(v["options"][n] for v in variants))}
            for n in names
        ]
        made["media"] = [{"file": f, "alt": alt} for f, alt in media.items()]
        made["variants"] = variants
        yield made


def review_records(products: list[Record], reviews: list[Row]) -> list[Record]:
    """The reviews of products that the sample data still holds, numbered by product."""
    owner = {v["sku"]: p for p in products for v in p["variants"]} | {
        p["external_id"]: p for p in products
    }
    records: list[Record] = [{"kind": "format", "name": "argosy.reviews", "version": 1}]
    numbered: Counter[str] = Counter()
    for sku, rows in groupby(sorted(reviews, key=itemgetter("sku")), key=itemgetter("sku")):
        parent = owner.get(sku) or owner.get(f"24-{sku}")
        if parent is None:
            continue
        code = parent["external_id"]
        for row in rows:
            numbered[code] += 1
            records.append(
                {
                    "kind": "review",
                    "external_id": f"luma-{code}-{numbered[code]}",
                    "product": code,
                    "rating": int(row["rating_value"]),
                    "author": row["reviewer"].strip(),
                    "title": row["title"].strip(),
                    "body": row["review"].strip(),
                    "locale": "en-US",
                }
            )
    return records


def attribute_records(products: list[Record]) -> Iterator[Record]:
    choices: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, str] = {}
    for entry in products:
        for code, value in entry["attributes"].items():
            kinds[code] = {list: "choice", bool: "boolean", dict: "number"}[type(value)]
            if isinstance(value, list):
                choices[code].update(value)
    for position, code in enumerate(sorted(kinds)):
        record = {"kind": "attribute", "code": code, "label": LABELS[code], "type": kinds[code],
                  "facet": code in FACETS, "position": position}  # fmt: skip
        if kinds[code] == "choice":
            record["choices"] = sorted(choices[code])
        if kinds[code] == "number":
            record["unit"] = "in"
        yield record


def write_jsonl_gz(path: Path, records: Iterable[Record]) -> None:
    text = "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in records)
    with path.open("wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(text.encode())


ATTRIBUTION = """\
# The Luma demo catalogue

Products, texts, categories, attributes, reviews and photographs in this folder are from the
sample data of Magento 2 Open Source ("Luma"):

* origin: https://github.com/magento/magento2-sample-data, commit {commit}
* copyright: Magento, Inc. (now Adobe)
* licence: Academic Free License 3.0, in LICENSE_AFL.txt

The licence of Argosy does not apply to this folder.

## What was changed

Converted by `tools/build_demo_extract.py` to the product format of docs/reference/product-jsonl.md:

* configurable products and their children became products with variants; the stasis balls and the
  yoga straps became one product each; the companion kit and the set of straps are sold as simple
  products at the price of their parts; gift cards, links and price rules were left out
* the hidden category "Promotions" is called "Sale"; "1" and "Yes" became true; spelling variants of
  choices were unified; the measures in the texts of bags became numbers with a unit
* photographs are WebP, with the names of the original files
* added by us, and not Luma's: weights, euro prices, stock levels, alternative texts, channels
"""


def main(arguments: list[str]) -> int:
    if not arguments or not Path(arguments[0]).is_dir():
        print(__doc__)
        return 2
    folder = Path(arguments[0])
    default = Path(__file__).parents[1] / "src" / "argosy" / "demo" / "luma"
    target = Path(arguments[1]) if len(arguments) > 1 else default
    (target / "images").mkdir(parents=True, exist_ok=True)

    tree = Categories(folder)
    images = images_of(folder)
    products = [
        *configurables(folder, tree),
        *simples(folder, tree, images),
        *grouped_gear(folder, tree, images),
    ]
    reviews = review_records(products, read(folder, "ReviewSampleData__products_reviews.csv"))
    header = {"kind": "format", "name": "argosy.products", "version": 1}
    write_jsonl_gz(
        target / "products.jsonl.gz",
        [header, *attribute_records(products), *tree.records.values(), *products],
    )
    write_jsonl_gz(target / "reviews.jsonl.gz", reviews)

    photographs = sorted((folder / "images").glob("*.webp"))
    size = sum(p.stat().st_size for p in photographs)
    if size > MAX_IMAGES_BYTES:
        print(f"The photographs weigh {size} bytes; scale them down below {MAX_IMAGES_BYTES}.")
        return 1
    for photograph in photographs:
        shutil.copyfile(photograph, target / "images" / photograph.name)
    shutil.copyfile(folder / "LICENSE_AFL.txt", target / "LICENSE_AFL.txt")
    origin = re.search(r"@ ([0-9a-f]{40})", (folder / "SOURCE.md").read_text("utf-8"))
    (target / "ATTRIBUTION.md").write_text(
        ATTRIBUTION.format(commit=origin.group(1) if origin else "unknown"), "utf-8"
    )
    print(
        f"{len(products)} products, {sum(len(p['variants']) for p in products)} variants,"
        f" {len(tree.records)} categories, {len(reviews) - 1} reviews,"
        f" {len(photographs)} photographs ({size / 1e6:.1f} MB)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
