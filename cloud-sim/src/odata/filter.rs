//! `$filter`: a small, strict reader of the expressions Microsoft documents.

/// A value compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Text(String),
    Bare(String),
    Bool(bool),
    Null,
}

/// A path of property names, with the functions laid around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    pub path: Vec<String>,
    pub lower: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(Operand, String, Literal),
    In(Operand, Vec<Literal>),
    Call(String, Operand, Literal),
    Any(Vec<String>, String, Box<Filter>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

/// Parses a filter; the error is a sentence.
pub fn parse(text: &str) -> Result<Filter, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let filter = parser.or()?;
    if parser.at == parser.tokens.len() { Ok(filter) } else { Err(parser.trouble()) }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        match chars[i] {
            ' ' => i += 1,
            '(' => (out.push(Token::Open), i += 1).1,
            ')' => (out.push(Token::Close), i += 1).1,
            ',' => (out.push(Token::Comma), i += 1).1,
            '\'' => {
                let (literal, next) = quoted(&chars, i + 1)?;
                out.push(Token::Text(literal));
                i = next;
            }
            _ => {
                let start = i;
                while i < chars.len() && !" (),'".contains(chars[i]) {
                    i += 1;
                }
                words(&chars[start..i].iter().collect::<String>(), &mut out);
            }
        }
    }
    Ok(out)
}

/// A lambda's `x:x/id` is three tokens; a time of day keeps its colons.
fn words(word: &str, out: &mut Vec<Token>) {
    match word.split_once(':') {
        Some((name, rest)) if name.chars().all(char::is_alphabetic) && !name.is_empty() => {
            out.push(Token::Word(name.to_owned()));
            out.push(Token::Colon);
            if !rest.is_empty() {
                out.push(Token::Word(rest.to_owned()));
            }
        }
        _ => out.push(Token::Word(word.to_owned())),
    }
}

fn quoted(chars: &[char], mut i: usize) -> Result<(String, usize), String> {
    let mut literal = String::new();
    while i < chars.len() {
        if chars[i] == '\'' {
            if chars.get(i + 1) != Some(&'\'') {
                return Ok((literal, i + 1));
            }
            i += 1;
        }
        literal.push(chars[i]);
        i += 1;
    }
    Err("Unterminated string literal".to_owned())
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn trouble(&self) -> String {
        format!("Syntax error at position {} in the filter", self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        if self.next().as_ref() == Some(wanted) { Ok(()) } else { Err(self.trouble()) }
    }

    fn or(&mut self) -> Result<Filter, String> {
        let mut left = self.and()?;
        while self.peek_word("or") {
            self.at += 1;
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, String> {
        let mut left = self.unary()?;
        while self.peek_word("and") {
            self.at += 1;
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, String> {
        if self.peek_word("not") {
            self.at += 1;
            return Ok(Filter::Not(Box::new(self.unary()?)));
        }
        if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Filter, String> {
        let Some(Token::Word(word)) = self.tokens.get(self.at).cloned() else { return Err(self.trouble()) };
        let function = word.to_ascii_lowercase();
        if ["contains", "startswith", "endswith"].contains(&function.as_str()) {
            self.at += 1;
            self.expect(&Token::Open)?;
            let operand = self.operand()?;
            self.expect(&Token::Comma)?;
            let literal = self.literal()?;
            self.expect(&Token::Close)?;
            return Ok(Filter::Call(function, operand, literal));
        }
        if let Some(path) = word.strip_suffix("/any") {
            return self.any(path);
        }
        let operand = self.operand()?;
        self.comparison(operand)
    }

    fn any(&mut self, path: &str) -> Result<Filter, String> {
        let path = path.split('/').map(str::to_owned).collect();
        self.at += 1;
        self.expect(&Token::Open)?;
        let Some(Token::Word(name)) = self.next() else { return Err(self.trouble()) };
        self.expect(&Token::Colon)?;
        let inner = self.or()?;
        self.expect(&Token::Close)?;
        Ok(Filter::Any(path, name, Box::new(inner)))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some(Token::Word(word)) = self.next() else { return Err(self.trouble()) };
        if word.eq_ignore_ascii_case("tolower") {
            self.expect(&Token::Open)?;
            let inner = self.operand()?;
            self.expect(&Token::Close)?;
            return Ok(Operand { lower: true, ..inner });
        }
        Ok(Operand { path: word.split('/').map(str::to_owned).collect(), lower: false })
    }

    fn comparison(&mut self, operand: Operand) -> Result<Filter, String> {
        let Some(Token::Word(op)) = self.next() else { return Err(self.trouble()) };
        let op = op.to_ascii_lowercase();
        match op.as_str() {
            "eq" | "ne" | "gt" | "ge" | "lt" | "le" => Ok(Filter::Compare(operand, op, self.literal()?)),
            "in" => {
                self.expect(&Token::Open)?;
                let mut all = vec![self.literal()?];
                while self.tokens.get(self.at) == Some(&Token::Comma) {
                    self.at += 1;
                    all.push(self.literal()?);
                }
                self.expect(&Token::Close)?;
                Ok(Filter::In(operand, all))
            }
            _ => Err(self.trouble()),
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => Ok(match word.as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ => Literal::Bare(word),
            }),
            _ => Err(self.trouble()),
        }
    }
}
